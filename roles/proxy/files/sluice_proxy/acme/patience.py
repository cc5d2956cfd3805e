# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long an authority is waited for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """All in seconds.

    ``connect`` is for one connection with its TLS, ``exchange`` for one request with all of its
    answer. What goes on at the authority is asked for ``wait`` at most: first after ``first``, then
    after ever longer pauses up to ``longest``. Where it says itself when to ask again, that counts,
    as far as it is between ``first`` and ``most``.
    """

    connect: float = 10.0
    exchange: float = 60.0
    first: float = 0.5
    longest: float = 10.0
    most: float = 60.0
    wait: float = 300.0
