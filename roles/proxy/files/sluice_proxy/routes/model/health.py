# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a target's health is found out: by asking it, and by watching its answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActiveCheck:
    """A GET of ``endpoint`` every ``interval`` seconds.

    One check asks up to ``attempts`` times, each with ``timeout`` seconds, and fails when all of
    them do. ``fall`` failed checks in a row take a healthy target out, ``rise`` good ones bring it
    back. ``expected_field`` is (name in lower case, value); ``expected_body`` has to occur in the
    content; ``host`` is the Host field, None for the target's own.
    """

    endpoint: str
    expected_code: int = 200
    expected_body: str = ""
    expected_field: tuple[str, str] | None = None
    host: str | None = None
    timeout: float = 3.0
    attempts: int = 3
    interval: float = 20.0
    rise: int = 1
    fall: int = 1


@dataclass(frozen=True, slots=True)
class PassiveCheck:
    """``errors`` failures within ``window`` seconds take a target out for ``cooldown`` seconds."""

    errors: int = 5
    window: float = 10.0
    cooldown: float = 10.0


@dataclass(frozen=True, slots=True)
class HealthChecks:
    """The checks of a route's targets; None leaves a kind out."""

    active: ActiveCheck | None = None
    passive: PassiveCheck | None = None
