# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who tries tokens: each address has to wait after some wrong ones. No clock of its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

BURST = 5
"""Wrong tokens that an address may send without waiting."""
RECOVERY = 10.0
"""Seconds until it may send another one."""
MOST_ADDRESSES = 1024
"""Addresses that are remembered; while they are so many, all others count as one."""
QUIET = 60.0
"""Seconds between two lines of the log for an address."""

_OTHERS = "other addresses"
_NET = 64


@dataclass(slots=True)
class _Guesser:
    """``used`` are the wrong tokens that count at the moment ``at``; ``unsaid`` those that the log
    was not told of since ``said``."""

    used: float
    at: float
    said: float | None = None
    unsaid: int = 0


class Guesses:
    """Counts wrong tokens by address; those of an IPv6 network of 64 bits are one address."""

    def __init__(self, now: Callable[[], float], most: int = MOST_ADDRESSES) -> None:
        self._now = now
        self._most = most
        # The one whose last guess is oldest comes first.
        self._guessers: OrderedDict[str, _Guesser] = OrderedDict()

    def __len__(self) -> int:
        return len(self._guessers)

    def wait(self, address: str) -> float:
        """Return the seconds until an address may try again, 0 for now."""
        guesser = self._guessers.get(self._key(address))
        if guesser is None:
            return 0.0
        used = self._used(guesser)
        return max(0.0, (used - BURST + 1) * RECOVERY)

    def wrong(self, address: str) -> str | None:
        """Count a wrong token; return a line for the log, None when it was told lately."""
        self._forget(_network(address))
        key, now = self._key(address), self._now()
        guesser = self._guessers.setdefault(key, _Guesser(0.0, now))
        guesser.used, guesser.at = self._used(guesser) + 1, now
        self._guessers.move_to_end(key)
        guesser.unsaid += 1
        if guesser.said is not None and now - guesser.said < QUIET:
            return None
        times = "" if guesser.unsaid == 1 else f", {guesser.unsaid} times since it was last told"
        guesser.said, guesser.unsaid = now, 0
        return f"{key} sent a wrong token{times}"

    def _key(self, address: str) -> str:
        key = _network(address)
        full = len(self._guessers) >= self._most
        return _OTHERS if full and key not in self._guessers else key

    def _used(self, guesser: _Guesser) -> float:
        return max(0.0, guesser.used - (self._now() - guesser.at) / RECOVERY)

    def _forget(self, but: str) -> None:
        """Forget those whose last guess is long ago, but for one."""
        now = self._now()
        while self._guessers:
            key, guesser = next(iter(self._guessers.items()))
            if key == but or now - guesser.at < max(QUIET, BURST * RECOVERY):
                return
            self._guessers.popitem(last=False)


def _network(address: str) -> str:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return _OTHERS
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    bits = int(parsed) >> (128 - _NET) << (128 - _NET)
    return f"{IPv6Address(bits)}/{_NET}"
