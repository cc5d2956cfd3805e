# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets of IP networks, asked for single addresses."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_REMEMBERED = 4096


class Networks:
    """Networks of both families; an IPv4 address mapped into IPv6 counts as what it is."""

    __slots__ = ("_answers", "_networks")

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = tuple(networks)
        self._answers: dict[str, bool] = {}

    def __contains__(self, address: str) -> bool:
        answer = self._answers.get(address)
        if answer is None:
            answer = self._search(address)
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._answers[address] = answer
        return answer

    def _search(self, address: str) -> bool:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            # The peer of a unix socket has no address.
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        return any(
            found.version == network.version and found in network for network in self._networks
        )
