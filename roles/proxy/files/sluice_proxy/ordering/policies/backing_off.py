# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate that could not be had is tried again. Pure."""

from __future__ import annotations

from collections.abc import Iterable

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
WAITS = (MINUTE, 5 * MINUTE, 30 * MINUTE, HOUR, 6 * HOUR, 12 * HOUR, DAY)
"""Seconds after the first failure in a row, the second and so on; the last one for all others."""
SPREAD = 0.2
"""The part of a wait by which it is longer or shorter at most."""
LEAST_OF_LADDER = 0.1
"""The part of our own wait that an authority cannot make shorter."""
MOST_ASKED_FOR = 7 * DAY
"""Seconds for which an authority is left alone at most, whatever it asks for."""
URGENT = 0.1
"""The part of the time until a certificate expires that is waited for at most."""
LEAST_URGENT = 15 * MINUTE


def usual_wait(failures: int, fraction: float) -> float:
    """Return the seconds to wait after so many failures in a row; ``fraction`` from 0 to 1 is
    random."""
    step = WAITS[min(max(failures, 1), len(WAITS)) - 1]
    return step * (1 - SPREAD + 2 * SPREAD * fraction)


def asked_wait(retry_after: float, usual: float) -> float:
    """Return the seconds for which an authority is left alone that asked for ``retry_after``.

    It may make a wait longer or shorter, but nobody is asked all the time.
    """
    least = max(MINUTE, LEAST_OF_LADDER * usual)
    return min(max(retry_after, least), MOST_ASKED_FOR)


def next_wait(
    failures: int, fraction: float, asked: Iterable[float | None], left: float | None = None
) -> float:
    """Return the seconds until the next try.

    ``asked`` has for each authority that may be asked then for how many seconds it wants to be left
    alone, None for one that did not say. ``left`` is for how many seconds the certificate that is
    to be renewed is still valid: as it runs out, tries come closer together.
    """
    usual = usual_wait(failures, fraction)
    if left is not None and left > 0:
        usual = min(usual, max(LEAST_URGENT, URGENT * left))
    waits = [usual if one is None else asked_wait(one, usual) for one in asked]
    return min(waits, default=usual)
