# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of operations on addresses, and which addresses a purge may take. Pure."""

from __future__ import annotations

from typing import List, Sequence

from .._converge.resource import Operation, State
from .._inet.address import BITS, IPV6
from .model import VirtualAddress


def arrange(
    operations: Sequence[Operation[VirtualAddress]],
    _have: State[VirtualAddress],
) -> List[List[Operation[VirtualAddress]]]:
    """Return the stages: what is added or changed first, what goes afterwards.

    An address that moves to another interface is thus never missing from the host.
    """
    staying = [operation for operation in operations if operation.after is not None]
    leaving = [operation for operation in operations if operation.after is None]
    return [staying, leaving]


def purgeable(entry: VirtualAddress) -> bool:
    """Tell whether ``entry`` may be an operator's own: whatever the kernel or a lease made is not.

    That leaves loopback and IPv6 link-local addresses, router advertisements' and DHCP's alone,
    and every address with a subnet: it may be what connects the host.
    """
    if entry.address.is_loopback or entry.leased:
        return False
    if entry.address.family == IPV6 and entry.address.is_link_local:
        return False
    if entry.prefix < BITS[entry.address.family]:
        return False
    return entry.record is None or not entry.record.kernel_made
