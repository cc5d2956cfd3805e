# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workers ask the supervisor about, as they cannot know it themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sluice_proxy.routes.model.host_pattern import HostPattern


@dataclass(frozen=True, slots=True)
class Demand:
    """Names without a certificate may get one when a client asks for them.

    They are those of ``patterns``; ``any_name`` says that others are to be asked about too. A
    client waits for ``wait`` seconds at most.
    """

    patterns: tuple[HostPattern, ...] = ()
    any_name: bool = False
    wait: float = 30.0


@dataclass(frozen=True, slots=True)
class Asking:
    """``validations`` says that a certificate authority may come to see answers to its challenges
    (RFC 8555, section 8.3; RFC 8737); ``demand`` is None where no certificate is got on demand."""

    validations: bool = False
    demand: Demand | None = None
