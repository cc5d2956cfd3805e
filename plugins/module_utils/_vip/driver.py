# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin edge of virtual addresses: one bulk read, batches of writes, and the kernel's traps."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from .._converge.errors import Refused
from .._converge.resource import Key, Operation, Refusal
from .._inet.address import IPV4, IPV6
from .._kernel.rtnetlink import (
    ADD,
    DELETE,
    REPLACE,
    AddressChange,
    Answer,
    InterfaceAddress,
    Link,
)
from . import settling
from .model import AddressKey, Manner, VirtualAddress, observed, record_of
from .packet import spell_mac
from .ports import Kernel, Neighbours, Parameters
from .probe import Holders, Question

Step = Operation[VirtualAddress]
_USUAL = Manner()
_NAMED_HOLDERS = 5


class VipDriver:
    """Reads and writes the addresses of the network namespace the process is in.

    ``manners`` says how declared addresses are taken. An address that is put back by an undo is
    taken without asking anybody: it was this host's a moment ago.
    """

    def __init__(
        self,
        kernel: Kernel,
        sysctls: Parameters,
        neighbours: Neighbours,
        manners: Mapping[Key, Manner],
    ) -> None:
        self._kernel = kernel
        self._sysctls = sysctls
        self._neighbours = neighbours
        self._manners = manners
        self._seen: Dict[Key, VirtualAddress] = {}
        self.interfaces: Dict[str, int] = {}
        """The interfaces there were at the last read, by name."""

    def read(self) -> Dict[Key, VirtualAddress]:
        self.interfaces = self._kernel.interfaces()
        found: Dict[Key, VirtualAddress] = {}
        for record in self._kernel.addresses():
            entry = observed(record)
            found[entry.key] = entry
        self._seen = found
        return found

    def apply(self, operations: Sequence[Step]) -> List[Optional[Refusal]]:
        """Write; an address is done only when duplicate detection found nobody who has it.

        Raises Refused, with nothing written, when IPv4 detection finds somebody.
        """
        links = self._links_for_taking(operations)
        self._ask_neighbours(operations, links)
        with self._promotion(operations):
            refusals = self._write(operations)
        self._settle(operations, refusals, links)
        return refusals

    def _write(self, operations: Sequence[Step]) -> List[Optional[Refusal]]:
        parts = [self._changes(operation) for operation in operations]
        answers = iter(self._kernel.submit([change for part in parts for change in part]))
        refusals: List[Optional[Refusal]] = []
        for operation, part in zip(operations, parts):
            given = [next(answers) for _change in part]
            refused = given[-1].error != 0
            refusals.append(_refusal(operation, _cause(given)) if refused else None)
        return refusals

    def _changes(self, operation: Step) -> List[AddressChange]:
        before, after = operation.before, operation.after
        if before is None:
            return [AddressChange(ADD, self._record(operation.subject))]
        if after is None:
            return [AddressChange(DELETE, self._record(before))]
        if _starts_anew(operation):
            return [
                AddressChange(DELETE, self._record(before)),
                AddressChange(ADD, self._record(after, None if before.duplicate else before)),
            ]
        return [AddressChange(REPLACE, self._record(after, before))]

    def _record(
        self, entry: VirtualAddress, before: Optional[VirtualAddress] = None
    ) -> InterfaceAddress:
        ifindex = self.interfaces.get(entry.interface, 0)
        manner = self._manners.get(entry.key, _USUAL)
        return record_of(entry, ifindex, manner, before.record if before is not None else None)

    def _links_for_taking(self, operations: Sequence[Step]) -> Dict[str, Link]:
        """Return the interfaces by name, with all they can do; empty when no address is new."""
        if not any(_is_taken(operation) for operation in operations):
            return {}
        return {link.name: link for link in self._kernel.links()}

    def _ask_neighbours(self, operations: Sequence[Step], links: Mapping[str, Link]) -> None:
        questions = []
        speaks = False
        for operation in operations:
            entry = operation.subject
            link = links.get(entry.interface)
            if not _is_taken(operation) or link is None or not (link.resolves and link.carries):
                continue
            manner = self._manners.get(entry.key, _USUAL)
            asks = manner.detect and entry.address.family == IPV4
            speaks = speaks or asks or manner.announce_count > 0
            if asks:
                questions.append(Question(link, entry.address, manner.detect_timeout))
        if speaks:
            self._neighbours.require()
        if questions:
            own = {link.mac for link in links.values()}
            holders = self._neighbours.find_holders(questions, own)
            if holders:
                raise Refused(_somebody_has(holders))

    def _settle(
        self,
        operations: Sequence[Step],
        refusals: List[Optional[Refusal]],
        links: Mapping[str, Link],
    ) -> None:
        """Wait for the kernel's IPv6 detection; take back what it found to be a duplicate.

        Without a carrier the kernel puts detection off until there is one: nobody waits for that.
        """
        places: Dict[AddressKey, int] = {}
        for place, operation in enumerate(operations):
            entry = operation.subject
            link = links.get(entry.interface)
            detects = entry.address.family == IPV6 and _is_taken(operation)
            if detects and refusals[place] is None and link is not None and link.carries:
                places[entry.key] = place
        if not places:
            return
        seconds = settling.bound({key.interface for key in places}, self._sysctls)
        leftovers: List[AddressChange] = []
        for key, verdict in settling.verdicts(self._kernel, set(places), seconds).items():
            operation = operations[places[key]]
            refusals[places[key]] = _dad_refusal(operation.subject, verdict, seconds)
            failed = verdict in (settling.DUPLICATE, settling.UNDECIDED)
            if failed and operation.before is None:
                leftovers.append(AddressChange(DELETE, self._record(operation.subject)))
        self._kernel.submit(leftovers)

    @contextmanager
    def _promotion(self, operations: Sequence[Step]) -> Iterator[None]:
        """Keep a primary IPv4 address's secondaries when it goes, whatever the host has set."""
        lent: List[Tuple[str, str]] = []
        try:
            for interface in sorted(self._losing_primaries(operations)):
                name = "net/ipv4/conf/%s/promote_secondaries" % interface
                kept = self._sysctls.read("net/ipv4/conf/all/promote_secondaries")
                value = self._sysctls.read(name)
                if value == "0" and kept == "0":
                    self._sysctls.write(name, "1")
                    lent.append((name, value))
            yield
        finally:
            for name, value in lent:
                self._sysctls.write(name, value)

    def _losing_primaries(self, operations: Sequence[Step]) -> Set[str]:
        subnets: Dict[Tuple[str, int, int], int] = {}
        entries = dict(self._seen)
        for operation in operations:
            if operation.after is not None:
                entries[operation.after.key] = operation.after
        for entry in entries.values():
            subnet = _subnet(entry)
            subnets[subnet] = subnets.get(subnet, 0) + 1
        return {
            operation.before.interface
            for operation in operations
            if operation.before is not None
            and operation.before.address.family == IPV4
            and (operation.after is None or _starts_anew(operation))
            and subnets.get(_subnet(operation.before), 0) > 1
        }


def _is_taken(operation: Step) -> bool:
    """Tell whether the operation makes an address this host's that was not, or not usable."""
    before, after = operation.before, operation.after
    if after is None or after.record is not None:
        return False
    return before is None or before.duplicate


def _starts_anew(operation: Step) -> bool:
    """Tell whether a change needs the address to be removed and added: the kernel has no other."""
    before, after = operation.before, operation.after
    if before is None or after is None:
        return False
    return before.label != after.label or before.duplicate


def _subnet(entry: VirtualAddress) -> Tuple[str, int, int]:
    shift = 32 - entry.prefix
    if entry.address.family != IPV4:
        return entry.interface, -1, 0
    return entry.interface, entry.prefix, int.from_bytes(entry.address.packed, "big") >> shift


def _cause(given: Sequence[Answer]) -> Answer:
    """Return the first no; what was gone already is none, for it was to go."""
    for answer in given:
        if answer.error not in (0, errno.EADDRNOTAVAIL):
            return answer
    return given[-1]


def _refusal(operation: Step, answer: Answer) -> Refusal:
    entry = operation.subject
    number = answer.error
    if number == errno.EEXIST:
        return Refusal("it was added by somebody else meanwhile", stale=True)
    if number == errno.EADDRNOTAVAIL:
        return Refusal("it was removed by somebody else meanwhile", stale=True)
    if number == errno.ENODEV:
        return Refusal("interface %s is gone" % entry.interface, stale=True)
    if number == errno.EPERM:
        return Refusal("the task needs root (CAP_NET_ADMIN): use become: true")
    if number in (errno.EACCES, errno.EOPNOTSUPP, errno.EAFNOSUPPORT):
        return Refusal(
            "%s is not enabled on %s: look at sysctl net.%s.conf.%s.disable_ipv6"
            % (entry.address.family, entry.interface, "ipv6", entry.interface)
        )
    words = os.strerror(number)
    return Refusal("the kernel says %s%s" % (words, answer.words and " (%s)" % answer.words))


def _dad_refusal(entry: VirtualAddress, verdict: str, seconds: float) -> Optional[Refusal]:
    if verdict == settling.DUPLICATE:
        return Refusal(
            "another host behind %s has it (duplicate address detection failed): "
            "remove it there first" % entry.interface
        )
    if verdict == settling.UNDECIDED:
        return Refusal(
            "duplicate address detection did not end within %g s: look at the carrier of %s, "
            "or set nodad: true" % (seconds, entry.interface)
        )
    if verdict == settling.GONE:
        return Refusal("it was removed by somebody else meanwhile", stale=True)
    return None


def _somebody_has(holders: Holders) -> str:
    named = [
        "%s has %s behind %s" % (spell_mac(mac), address, interface)
        for (interface, address), mac in sorted(holders.items())
    ]
    more = len(named) - _NAMED_HOLDERS
    text = ", ".join(named[:_NAMED_HOLDERS]) + (" and %d more" % more if more > 0 else "")
    return "duplicate address: %s; remove it there, or set duplicate_detection: false" % text
