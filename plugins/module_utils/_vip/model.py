# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A virtual address, and the way in which it is taken. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Optional

from .._inet.address import IPV4, Address
from .._kernel.rtnetlink import IFA_F_NODAD, IFA_F_PERMANENT, InterfaceAddress

MAXIMUM_LIFETIME = 0xFFFFFFFE
"""Seconds; one more is the kernel's word for forever (linux/if_addr.h)."""

_LEASE_LIMIT = 0x7FFFFFFF


class AddressKey(NamedTuple):
    """What the kernel tells addresses of one host apart by."""

    interface: str
    address: Address
    prefix: int
    peer: Optional[Address] = None


@dataclass(frozen=True)
class VirtualAddress:
    """One address of one interface.

    ``preferred_lifetime`` is in seconds, None without an end, 0 for an address that is never
    chosen as a source. ``leased`` addresses end by themselves, ``duplicate`` ones failed duplicate
    address detection: both are never wanted. ``record`` is what the kernel said, so that undoing
    restores the whole of it; it is None for what is only declared.
    """

    interface: str
    address: Address
    prefix: int
    label: Optional[str] = None
    preferred_lifetime: Optional[int] = None
    leased: bool = False
    duplicate: bool = False
    peer: Optional[Address] = None
    record: Optional[InterfaceAddress] = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> AddressKey:
        return AddressKey(self.interface, self.address, self.prefix, self.peer)

    @property
    def name(self) -> str:
        return "virtual address %s/%d on %s" % (self.address, self.prefix, self.interface)

    def line(self) -> str:
        words = ["%s/%d dev %s" % (self.address, self.prefix, self.interface)]
        if self.peer is not None:
            words.append("peer " + str(self.peer))
        if self.label is not None:
            words.append("label %s" % self.label)
        if self.preferred_lifetime is not None:
            words.append("preferred_lft %s" % self._lifetime_in_words())
        if self.leased:
            words.append("leased")
        if self.duplicate:
            words.append("dadfailed")
        return " ".join(words)

    def _lifetime_in_words(self) -> str:
        # The seconds left differ between two looks at the same address, a diff must not.
        counts_down = self.preferred_lifetime and self.record is not None
        return "running" if counts_down else "%d" % (self.preferred_lifetime or 0)


class Manner(NamedTuple):
    """How an address is taken; it leaves no trace in the kernel's table, so it is not compared.

    Times are seconds. ``detect`` asks by ARP whether somebody has the IPv4 address already.
    """

    nodad: bool = False
    detect: bool = True
    detect_timeout: float = 2.0
    announce_count: int = 3
    announce_interval: float = 1.1


def observed(record: InterfaceAddress) -> VirtualAddress:
    """Return the resource that a kernel record stands for."""
    lifetime = 0 if record.deprecated else record.preferred_lifetime
    valid = record.valid_lifetime
    return VirtualAddress(
        interface=record.interface,
        address=record.address,
        prefix=record.prefix,
        label=None if record.label == record.interface else record.label,
        preferred_lifetime=lifetime,
        leased=valid is not None and valid < _LEASE_LIMIT,
        duplicate=record.dadfailed,
        peer=record.peer,
        record=record,
    )


def record_of(
    entry: VirtualAddress, ifindex: int, manner: Manner, base: Optional[InterfaceAddress] = None
) -> InterfaceAddress:
    """Return the kernel record to write for ``entry``.

    ``base`` is the record it replaces: what a declaration does not speak of (scope, broadcast,
    metric, flags) stays as it was.
    """
    if entry.record is not None:
        # The kernel reports a deprecated IPv4 address by its flag alone.
        return entry.record._replace(preferred_lifetime=entry.preferred_lifetime)
    flags = IFA_F_PERMANENT | (IFA_F_NODAD if manner.nodad else 0)
    if base is None:
        base = InterfaceAddress(entry.interface, ifindex, entry.address, entry.prefix, flags=flags)
    return base._replace(
        label=entry.label,
        preferred_lifetime=entry.preferred_lifetime,
        valid_lifetime=_valid_lifetime(entry),
    )


def _valid_lifetime(entry: VirtualAddress) -> Optional[int]:
    # On an IPv4 address without an end Linux neither counts nor reports a preferred lifetime other
    # than 0 (net/ipv4/devinet.c, check_lifetime): such an address gets an end in 136 years.
    if entry.address.family == IPV4 and entry.preferred_lifetime:
        return MAXIMUM_LIFETIME
    return None
