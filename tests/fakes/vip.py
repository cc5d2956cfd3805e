# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fake host: links and addresses with Linux's error codes and traps, and its neighbours.

It stands in for rtnetlink, the sysctls and the wire, so that the real driver runs on it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import Address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    ADD,
    DELETE,
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_NODAD,
    IFA_F_PERMANENT,
    IFA_F_SECONDARY,
    IFA_F_TENTATIVE,
    AddressChange,
    Answer,
    InterfaceAddress,
    Link,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.announce import Announcement
from ansible_collections.sluice.edge.plugins.module_utils._vip.probe import Holders, Question

_UP_LOOPBACK = 0x1 | 0x8 | 0x10000
_UP_ETHERNET = 0x1 | 0x2 | 0x10000
PROMOTE = "net/ipv4/conf/%s/promote_secondaries"


def ethernet(ifindex: int, name: str, flags: int = _UP_ETHERNET) -> Link:
    mac = bytes([2, 0, 0, 0, 0, ifindex])
    return Link(ifindex, name, flags, 1, mac, 1500, {"rx_packets": 0})


LOOPBACK = Link(1, "lo", _UP_LOOPBACK, 772, bytes(6), 65536, {"rx_packets": 0})


class FakeHost:
    """Kernel, Parameters and Neighbours in one.

    ``held`` are addresses that hosts behind an interface have. ``refuse`` and ``break_down`` are
    asked with each write's number: a refused one is answered ENOMEM, at a breakdown the socket
    fails before the write.
    """

    def __init__(self, *links: Link) -> None:
        self._links = {link.ifindex: link for link in (LOOPBACK, *links)}
        self.table: list[InterfaceAddress] = []
        self.parameters = {"net/ipv4/conf/all/promote_secondaries": "0"}
        self.held: dict[tuple[str, Address], bytes] = {}
        self.announced: list[Announcement] = []
        self.asked: list[Question] = []
        self.writes = 0
        self.refuse: Callable[[int], bool] = lambda _number: False
        self.break_down: Callable[[int], bool] = lambda _number: False
        for link in self._links.values():
            self.parameters[PROMOTE % link.name] = "0"
            self.parameters["net/ipv6/conf/%s/disable_ipv6" % link.name] = "0"

    def interfaces(self) -> dict[str, int]:
        return {link.name: link.ifindex for link in self._links.values()}

    def links(self) -> list[Link]:
        return list(self._links.values())

    def addresses(self) -> list[InterfaceAddress]:
        self.table = [self._settled(record) for record in self.table]
        return list(self.table)

    def submit(self, changes: Sequence[AddressChange]) -> list[Answer]:
        answers = []
        for change in changes:
            number = self.writes
            self.writes += 1
            if self.break_down(number):
                raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
            error = errno.ENOMEM if self.refuse(number) else self._write(change)
            answers.append(Answer(error))
        return answers

    def read(self, name: str) -> str | None:
        return self.parameters.get(name)

    def write(self, name: str, value: str) -> None:
        if name not in self.parameters:
            raise Unavailable("cannot set sysctl %s" % name)
        self.parameters[name] = value

    def require(self) -> None:
        return None

    def find_holders(self, questions: Sequence[Question], own_macs: set[bytes]) -> Holders:
        self.asked.extend(questions)
        places = [(question.link.name, question.address) for question in questions]
        return {place: self.held[place] for place in places if place in self.held}

    def announce(self, announcements: Sequence[Announcement]) -> None:
        self.announced.extend(announcements)

    def _write(self, change: AddressChange) -> int:
        record = change.record
        link = self._links.get(record.ifindex)
        if link is None:
            return errno.ENODEV
        if change.action == DELETE:
            return self._delete(record)
        present = self._find(record)
        if change.action == ADD and present is not None:
            return errno.EEXIST
        disabled = self.parameters["net/ipv6/conf/%s/disable_ipv6" % link.name] != "0"
        if disabled and record.address.family == "ipv6":
            return errno.EACCES
        if present is None:
            self.table.append(self._added(record, link))
        else:
            place = self.table.index(present)
            kept = present.flags & ~(IFA_F_DEPRECATED | IFA_F_PERMANENT)
            self.table[place] = _with_lifetimes(present, record, kept)
        return 0

    def _find(self, record: InterfaceAddress) -> InterfaceAddress | None:
        for present in self.table:
            same = (present.ifindex, present.address) == (record.ifindex, record.address)
            # IPv6 has an address once on an interface, whatever its prefix length.
            if same and (present.address.family == "ipv6" or present.prefix == record.prefix):
                return present
        return None

    def _added(self, record: InterfaceAddress, link: Link) -> InterfaceAddress:
        flags = record.flags & IFA_F_NODAD
        record = record._replace(interface=link.name)
        if record.address.family == "ipv4":
            if any(_same_subnet(present, record) for present in self.table):
                flags |= IFA_F_SECONDARY
            record = record._replace(label=record.label or link.name)
        elif link.resolves and not flags & IFA_F_NODAD:
            flags |= IFA_F_TENTATIVE
        return _with_lifetimes(record, record, flags)

    def _delete(self, record: InterfaceAddress) -> int:
        present = self._find(record)
        exact = present is not None and present.prefix == record.prefix
        if not exact or present is None or record.label not in (None, present.label):
            return errno.EADDRNOTAVAIL
        self.table.remove(present)
        if present.address.family == "ipv4" and not present.secondary:
            self._lose_primary(present)
        return 0

    def _lose_primary(self, primary: InterfaceAddress) -> None:
        promote = (self.parameters[PROMOTE % "all"], self.parameters[PROMOTE % primary.interface])
        secondaries = [record for record in self.table if _same_subnet(record, primary)]
        if "1" in promote and secondaries:
            place = self.table.index(secondaries[0])
            promoted = secondaries[0]._replace(flags=secondaries[0].flags & ~IFA_F_SECONDARY)
            self.table[place] = promoted
            return
        for record in secondaries:
            self.table.remove(record)

    def _settled(self, record: InterfaceAddress) -> InterfaceAddress:
        if not record.tentative or record.dadfailed:
            return record
        if (record.interface, record.address) in self.held:
            return record._replace(flags=record.flags | IFA_F_DADFAILED)
        return record._replace(flags=record.flags & ~IFA_F_TENTATIVE)


def _same_subnet(one: InterfaceAddress, other: InterfaceAddress) -> bool:
    if (one.ifindex, one.prefix) != (other.ifindex, other.prefix):
        return False
    if one.address.family != "ipv4" or other.address.family != "ipv4":
        return False
    shift = 32 - one.prefix
    numbers = [int.from_bytes(record.address.packed, "big") >> shift for record in (one, other)]
    return numbers[0] == numbers[1]


def _with_lifetimes(
    record: InterfaceAddress, source: InterfaceAddress, flags: int
) -> InterfaceAddress:
    """Keep lifetimes as Linux does: IPv4 without an end has none but a deprecated flag."""
    preferred, valid = source.preferred_lifetime, source.valid_lifetime
    if preferred == 0:
        flags |= IFA_F_DEPRECATED
    if valid is None:
        flags |= IFA_F_PERMANENT
        if record.address.family == "ipv4":
            preferred = None
    return record._replace(flags=flags, preferred_lifetime=preferred, valid_lifetime=valid)
