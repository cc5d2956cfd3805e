# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nf_tables of paper: takes the messages of our transactions, gives back what the kernel lists.

It knows what the transactions use, and refuses as a whole what the kernel refuses: elements and
chains that are there already or missing, chains and sets that something still refers to, and
transactions that were made for another generation of the ruleset.
"""

from __future__ import annotations

import copy
import errno
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire import (
    elements as wire,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire import messages
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.attributes import (
    number,
    read_word,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.expressions import (
    Rule,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.messages import (
    Header,
    SetShape,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netlink import attributes
from ansible_collections.sluice.edge.plugins.module_utils._kernel.nfnetlink import (
    Message,
    NetfilterRefused,
)
from ansible_collections.sluice.edge.tests.fakes.forwarding import FakeForwarding

TABLE = "sluice"
DORMANT = 0x1
# linux/netfilter/nf_tables.h: the numbers of attributes that name what a message is about
_TABLE_NAME, _CHAIN_NAME, _RULE_CHAIN, _SET_NAME = 1, 3, 2, 2
_EXCLUSIVE = 0x200


class FakeSet:
    """A set: elements by key, each with the attributes that follow its key."""

    def __init__(self, attributes: bytes) -> None:
        self.attributes = attributes
        self.shape: SetShape = messages.read_set(attributes)[1]
        self.elements: Dict[bytes, bytes] = {}


class FakeChain:
    def __init__(self, header: Header) -> None:
        self.header = header
        self.rules: List[Rule] = []


class FakeTables(FakeForwarding):
    """Tables, kernel parameters and connections of one host."""

    def __init__(self) -> None:
        super().__init__()
        self.sets: Dict[str, FakeSet] = {}
        self.chains: Dict[str, FakeChain] = {}
        self.exists = False
        self.flags = 0
        self.generation = 1
        self.commits = 0
        self.refuse: Callable[[int], bool] = lambda _number: False
        self.asked: List[int] = []
        """The kinds of what was asked for by ``get`` and ``dump``."""

    def read(self, name: str) -> Optional[str]:
        return self.parameters.get(name)

    def write(self, name: str, value: str) -> None:
        self.parameters[name] = value

    def commit(self, requests: Sequence[Message], generation: int) -> None:
        before = copy.deepcopy((self.exists, self.sets, self.chains))
        try:
            self.commits += 1
            if generation not in (0, self.generation):
                raise NetfilterRefused(errno.ERESTART)
            if self.refuse(self.commits):
                raise NetfilterRefused(errno.ENOMEM)
            for message in requests:
                self._do(message)
        except NetfilterRefused:
            self.exists, self.sets, self.chains = before
            raise
        self.generation += 1

    def _do(self, message: Message) -> None:
        assert message.family == messages.INET
        found = attributes(message.attributes)
        assert read_word(found[_TABLE_NAME]) == TABLE
        if message.kind == messages.NEW_TABLE:
            _refuse_if(self.exists, errno.EEXIST)
            self.exists = True
            return
        _refuse_if(not self.exists, errno.ENOENT)
        if message.kind == messages.DELETE_TABLE:
            self.exists = False
            self.flags = 0
            self.sets.clear()
            self.chains.clear()
            return
        {
            messages.NEW_CHAIN: self._new_chain,
            messages.DELETE_CHAIN: self._delete_chain,
            messages.NEW_RULE: self._new_rule,
            messages.DELETE_RULE: self._delete_rules,
            messages.NEW_SET: self._new_set,
            messages.DELETE_SET: self._delete_set,
            messages.NEW_ELEMENT: self._new_elements,
            messages.DELETE_ELEMENT: self._delete_elements,
        }[message.kind](message, found)

    def _new_chain(self, message: Message, _found: Dict[int, bytes]) -> None:
        told = messages.read_chain(TABLE, message.attributes)
        assert told is not None
        _refuse_if(told[0] in self.chains, errno.EEXIST)
        self.chains[told[0]] = FakeChain(told[1])

    def _delete_chain(self, _message: Message, found: Dict[int, bytes]) -> None:
        name = read_word(found[_CHAIN_NAME])
        chain = _named(self.chains, name)
        _refuse_if(bool(chain.rules) or name in set(self._chains_in_maps()), errno.EBUSY)
        del self.chains[name]

    def _new_rule(self, message: Message, _found: Dict[int, bytes]) -> None:
        name, rule = messages.read_rule(message.attributes)
        for expression in rule:
            if expression.name in ("lookup", "dynset"):
                _named(self.sets, read_word(dict(expression.attributes)[1]))
        _named(self.chains, name).rules.append(rule)

    def _delete_rules(self, _message: Message, found: Dict[int, bytes]) -> None:
        _named(self.chains, read_word(found[_RULE_CHAIN])).rules.clear()

    def _new_set(self, message: Message, found: Dict[int, bytes]) -> None:
        name = read_word(found[_SET_NAME])
        if name in self.sets:
            _refuse_if(bool(message.flags & _EXCLUSIVE), errno.EEXIST)
            return
        self.sets[name] = FakeSet(message.attributes)

    def _delete_set(self, _message: Message, found: Dict[int, bytes]) -> None:
        name = read_word(found[_SET_NAME])
        _named(self.sets, name)
        used = {
            read_word(dict(expression.attributes)[1])
            for chain in self.chains.values()
            for rule in chain.rules
            for expression in rule
            if expression.name in ("lookup", "dynset")
        }
        _refuse_if(name in used, errno.EBUSY)
        del self.sets[name]

    def _new_elements(self, message: Message, found: Dict[int, bytes]) -> None:
        there = _named(self.sets, read_word(found[_SET_NAME]))
        for key, rest in wire.read(message.attributes, there.shape.key_length).items():
            assert key, "an element without a key"
            goto = wire.read_goto(rest)
            if goto is not None:
                _named(self.chains, goto)
            _refuse_if(there.elements.setdefault(key, rest) != rest, errno.EEXIST)

    def _delete_elements(self, message: Message, found: Dict[int, bytes]) -> None:
        there = _named(self.sets, read_word(found[_SET_NAME]))
        for key in wire.read(message.attributes, there.shape.key_length):
            _refuse_if(there.elements.pop(key, None) is None, errno.ENOENT)

    def _chains_in_maps(self) -> Iterator[str]:
        for each in self.sets.values():
            for rest in each.elements.values():
                goto = wire.read_goto(rest)
                if goto is not None:
                    yield goto

    def get(self, message: Message) -> Optional[bytes]:
        self.asked.append(message.kind)
        if message.kind == messages.GET_GENERATION:
            return number(1, self.generation)
        if message.kind == messages.GET_TABLE:
            flags = number(2, self.flags)
            return message.attributes + flags if self.exists else None
        assert message.kind == messages.GET_ELEMENT
        there = self.sets.get(wire.name_in(message.attributes))
        if there is None:
            return None
        key = next(iter(wire.read(message.attributes, there.shape.key_length)))
        if key not in there.elements:
            return None
        return _listed(wire.name_in(message.attributes), {key: there.elements[key]})[0]

    def dump(self, message: Message) -> List[bytes]:
        self.asked.append(message.kind)
        if message.kind == messages.GET_CHAIN:
            return [
                messages.new_chain(TABLE, name, chain.header).attributes
                for name, chain in self.chains.items()
            ]
        if message.kind == messages.GET_RULE:
            return [
                messages.new_rule(TABLE, name, rule).attributes
                for name, chain in self.chains.items()
                for rule in chain.rules
            ]
        if message.kind == messages.GET_SET:
            return [each.attributes for each in self.sets.values()]
        assert message.kind == messages.GET_ELEMENT
        name = wire.name_in(message.attributes)
        return _listed(name, _named(self.sets, name).elements)


def _listed(name: str, elements: Dict[bytes, bytes]) -> List[bytes]:
    return [message.attributes for message in wire.add(TABLE, name, elements.items())]


def _refuse_if(wrong: bool, reason: int) -> None:
    if wrong:
        raise NetfilterRefused(reason)


def _named(found: Dict[str, Any], name: str) -> Any:
    if name not in found:
        raise NetfilterRefused(errno.ENOENT)
    return found[name]
