# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until entries are at rest, each at most so busy. Pure but for the clock it is given."""

from __future__ import annotations

from typing import (
    Callable,
    Dict,
    Hashable,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Sequence,
    Tuple,
    TypeVar,
)

K = TypeVar("K", bound=Hashable)

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
GROWTH = 1.5
BUSY_SHARE = 50
"""Waiting on a host with thousands of entries then still costs next to no processor time."""

MAXIMUM_SAMPLES = 20


class Clock(NamedTuple):
    """Where time comes from: seconds that only grow, and a pause of some seconds."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


class Watched(NamedTuple):
    """How busy an entry was while it was waited for.

    ``samples`` are (seconds since the start, count), the last one the newest.
    """

    samples: Tuple[Tuple[float, int], ...]
    timed_out: bool


def wait_until_at_rest(
    keys: Iterable[K],
    count: Callable[[], Mapping[K, int]],
    threshold: int,
    timeout: float,
    clock: Clock,
    busy_share: float = BUSY_SHARE,
) -> Dict[K, Watched]:
    """Wait until every entry counts at most ``threshold``, or time is up.

    ``count`` returns how busy each entry is that exists, in connections or requests. An entry that
    has vanished is at rest. ``timeout`` is in seconds and shared by all. A pause lasts at least
    ``busy_share`` times as long as the poll before it.
    """
    start = clock.now()
    samples: Dict[K, List[Tuple[float, int]]] = {key: [] for key in keys}
    waiting = dict.fromkeys(samples)
    pause = FIRST_PAUSE
    while True:
        polled = clock.now()
        counts = count()
        finished = clock.now()
        for key in list(waiting):
            active = counts.get(key, 0)
            samples[key].append((round(polled - start, 2), active))
            if active <= threshold:
                del waiting[key]
        left = start + timeout - finished
        if not waiting or left <= 0:
            break
        clock.sleep(min(max(pause, busy_share * (finished - polled)), left))
        pause = min(pause * GROWTH, LONGEST_PAUSE)
    return {key: Watched(tuple(seen), key in waiting) for key, seen in samples.items()}


def thin_out(samples: Sequence[Tuple[float, int]]) -> List[Tuple[float, int]]:
    """Return at most MAXIMUM_SAMPLES of the samples, the first and the last among them."""
    if len(samples) <= MAXIMUM_SAMPLES:
        return list(samples)
    step = (len(samples) - 1) / (MAXIMUM_SAMPLES - 1)
    return [samples[round(index * step)] for index in range(MAXIMUM_SAMPLES)]
