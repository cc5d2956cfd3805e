# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until the kernel's IPv6 duplicate address detection has an answer (RFC 4862, 5.4)."""

from __future__ import annotations

import time
from typing import Callable, Dict, Iterable, Optional, Set

from .._kernel.rtnetlink import InterfaceAddress
from .model import AddressKey, observed
from .ports import Kernel, Parameters

_PAUSE = 0.1
_MARGIN = 3.0
"""Seconds beyond what RFC 4862 grants: a random delay of 1 s, and time to be scheduled."""

UNIQUE, DUPLICATE, UNDECIDED, GONE = "unique", "duplicate", "undecided", "gone"


def bound(interfaces: Iterable[str], sysctls: Parameters) -> float:
    """Return the seconds after which detection must be over on all of ``interfaces``."""
    longest = 0.0
    for interface in interfaces:
        probes = _number(sysctls, "net/ipv6/conf/%s/dad_transmits" % interface, 1)
        spacing = _number(sysctls, "net/ipv6/neigh/%s/retrans_time_ms" % interface, 1000)
        longest = max(longest, probes * spacing / 1000.0)
    return longest + _MARGIN


def verdicts(
    kernel: Kernel,
    asked: Set[AddressKey],
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Dict[AddressKey, str]:
    """Wait at most ``seconds``; return what became of each address."""
    deadline = clock() + seconds
    while True:
        started = clock()
        present = {observed(record).key: record for record in kernel.addresses()}
        found = {key: _verdict(present.get(key)) for key in asked}
        if UNDECIDED not in found.values() or clock() >= deadline:
            return found
        # With thousands of addresses a look takes longer than the pause: never look all the time.
        sleep(max(_PAUSE, clock() - started))


def _verdict(record: Optional[InterfaceAddress]) -> str:
    if record is None:
        return GONE
    if record.dadfailed:
        return DUPLICATE
    return UNDECIDED if record.tentative else UNIQUE


def _number(sysctls: Parameters, name: str, default: int) -> int:
    value = sysctls.read(name)
    return int(value) if value is not None and value.isdigit() else default
