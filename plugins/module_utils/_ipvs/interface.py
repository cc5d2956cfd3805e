# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The address behind an interface or an alias label, for services declared by ``interface``."""

from __future__ import annotations

import socket
from typing import List, Optional

from .._converge.errors import Unavailable
from .._inet.address import BITS, Address
from .._kernel.netns import network_namespace
from .._kernel.rtnetlink import InterfaceAddress, Rtnetlink


class InterfaceLookup:
    """Finds addresses by interface; the host's addresses are read once, when first asked for."""

    def __init__(self, netns: Optional[str] = None) -> None:
        """``netns`` names the network namespace to look in, None the one the process is in."""
        self._netns = netns
        self._addresses: Optional[List[InterfaceAddress]] = None

    def __call__(self, interface: str, family: str) -> Address:
        """Return the one address of ``family`` that ``interface`` carries.

        An alias label such as ``eth1:0`` stands for the address with that label. A plain name
        stands for the interface's own address: not a secondary or link-local one, and none that
        is alone in its subnet, as virtual addresses are, while there is another. Raises
        Unavailable when there is no such address, or more than one.
        """
        with network_namespace(self._netns):
            return self._find(interface, family)

    def _find(self, interface: str, family: str) -> Address:
        if self._addresses is None:
            with Rtnetlink() as rtnetlink:
                self._addresses = list(rtnetlink.addresses())
        found = choose(self._addresses, interface, family)
        if len(found) == 1:
            return found[0]
        if not _exists(interface):
            raise Unavailable(
                "interface %s does not exist here: correct its name, or give address" % interface
            )
        if not found:
            raise Unavailable(
                "interface %s has no %s address here: add one with the vip module, or give address"
                % (interface, family)
            )
        raise Unavailable(
            "interface %s has %d %s addresses (%s): give address instead"
            % (interface, len(found), family, ", ".join(str(address) for address in found))
        )


def _exists(interface: str) -> bool:
    try:
        socket.if_nametoindex(interface.partition(":")[0])
    except OSError:
        return False
    return True


def choose(addresses: List[InterfaceAddress], interface: str, family: str) -> List[Address]:
    """Return the addresses of ``family`` that ``interface``, a name or a label, stands for."""
    own = [entry for entry in addresses if entry.address.family == family]
    labelled = [entry for entry in own if entry.label == interface and ":" in interface]
    if labelled:
        return [entry.address for entry in labelled]
    primary = [
        entry
        for entry in own
        if entry.interface == interface and not entry.secondary and not entry.address.is_link_local
    ]
    in_subnet = [entry for entry in primary if entry.prefix < BITS[family]]
    return [entry.address for entry in in_subnet or primary]
