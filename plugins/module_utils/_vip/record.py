# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record holds of virtual addresses, and what a task makes of it. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Set, Tuple

from .._converge.errors import InvalidInput
from .._converge.plan import Desired
from .._converge.resource import Key, State
from .._declare.item import Item
from .._inet.address import IPV4, Address
from .._record.keeping import Form
from .._record.text import Resources
from .declared import FOREVER, VOCABULARY, Declaration, DeclaredAddress, read_declaration
from .model import Manner, VirtualAddress
from .plan import purgeable

KIND = "vip"
_USUAL = Manner()
_OF_BOTH = {"announce_count": "announce_count", "announce_interval": "announce_interval"}
_OF_IPV4 = dict(
    _OF_BOTH, detect="duplicate_detection", detect_timeout="duplicate_detection_timeout"
)
_OF_IPV6 = dict(_OF_BOTH, nodad="nodad")
Place = Tuple[str, Address]


class RecordedAddress(NamedTuple):
    """An address and the manner in which it is taken, which the kernel does not keep.

    The key has no prefix length: an interface is declared to have an address once.
    """

    entry: VirtualAddress
    manner: Manner

    @property
    def key(self) -> Place:
        return self.entry.interface, self.entry.address

    @property
    def name(self) -> str:
        return self.entry.name

    def line(self) -> str:
        manner = _describe_manner(self.manner, self.entry.address)
        words = ["%s %s" % (name, value) for name, value in manner.items()]
        return " ".join([self.entry.line(), *words])


RecordTable = Mapping[Key, RecordedAddress]


def read_resources(resources: Resources) -> Dict[Key, RecordedAddress]:
    """Return the entries that a record's resources declare; raises InvalidInput."""
    if not resources:
        return {}
    table: Dict[Key, RecordedAddress] = {}
    for declared in read_declaration({"config": resources}).addresses:
        if declared.absent:
            raise InvalidInput("%s: state absent has no place in a record" % declared.entry.name)
        entry = RecordedAddress(declared.entry, declared.manner)
        table[entry.key] = entry
    return table


def write_resources(table: RecordTable) -> Resources:
    """Return the resources that declare the entries, in order."""
    entries = sorted(table.values(), key=lambda each: each.key)
    return [_describe(each) for each in entries]


FORM: Form[RecordedAddress] = Form(KIND, read_resources, write_resources)


def desired_record(
    declaration: Declaration, have: RecordTable, seen: State[VirtualAddress]
) -> Desired[RecordedAddress]:
    """Return what the record shall hold after a task; ``seen`` is what the kernel had.

    An address that the task shall not take is not recorded either.
    """
    wanted: Dict[Key, RecordedAddress] = {}
    absent: Set[Key] = set()
    for declared in declaration.addresses:
        entry = RecordedAddress(declared.entry, declared.manner)
        if not declared.absent:
            if declaration.take or entry.key in have or declared.entry.key in seen:
                wanted[entry.key] = entry
            continue
        recorded = have.get(entry.key)
        other = recorded is not None and recorded.entry.prefix != declared.entry.prefix
        if not (other and declared.exact):
            absent.add(entry.key)
    scope = declaration.purge

    def doomed(recorded: RecordedAddress) -> bool:
        if recorded.key in absent:
            return True
        entry = recorded.entry
        return scope is not None and entry.address in scope and purgeable(entry)

    return Desired(wanted, doomed)


def declaration_of(entries: Iterable[RecordedAddress], absent: bool = False) -> Declaration:
    """Return what declares the entries present, or absent."""
    declared: List[DeclaredAddress] = []
    for entry, manner in entries:
        item = Item({}, "", VOCABULARY)
        item.call("{} on {}".format, entry.address, entry.interface)
        declared.append(DeclaredAddress(item, entry, manner, absent, exact=True))
    return Declaration(declared, None)


def _describe(recorded: RecordedAddress) -> Dict[str, Any]:
    entry, manner = recorded
    options: Dict[str, Any] = {
        "address": str(entry.address),
        "prefix": entry.prefix,
        "interface": entry.interface,
        "preferred_lifetime": (
            FOREVER if entry.preferred_lifetime is None else entry.preferred_lifetime
        ),
    }
    if entry.label is not None:
        options["label"] = entry.label
    options.update(_describe_manner(manner, entry.address))
    return options


def _describe_manner(manner: Manner, address: Address) -> Dict[str, Any]:
    """Return the options that make the manner; those with their usual values are left out."""
    names = _OF_IPV4 if address.family == IPV4 else _OF_IPV6
    return {
        names[field]: value
        for field, value in manner._asdict().items()
        if field in names and value != getattr(_USUAL, field)
    }
