# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests for tables, chains, rules and sets, and what listings say of them. Pure."""

from __future__ import annotations

from typing import NamedTuple, Optional, Tuple

from ...._kernel.netlink import attribute
from ...._kernel.netlink import attributes as parts
from ...._kernel.nfnetlink import Message
from . import expressions
from .attributes import (
    LIST_ELEMENT,
    nested,
    number,
    read_number,
    read_signed,
    read_word,
    word,
)
from .expressions import Rule

SUBSYSTEM = 10  # NFNL_SUBSYS_NFTABLES
INET = 1  # NFPROTO_INET
NEW_TABLE, GET_TABLE, DELETE_TABLE = 0, 1, 2
NEW_CHAIN, GET_CHAIN, DELETE_CHAIN = 3, 4, 5
NEW_RULE, GET_RULE, DELETE_RULE = 6, 7, 8
NEW_SET, GET_SET, DELETE_SET = 9, 10, 11
NEW_ELEMENT, GET_ELEMENT, DELETE_ELEMENT = 12, 13, 14
GET_GENERATION = 16

INTERVAL, MAP, TIMEOUT, EVAL, CONCAT = 0x4, 0x8, 0x10, 0x20, 0x80
VERDICT_TYPE = 0xFFFFFF00
VERDICT_SIZE = 16
ACCEPT = 1  # NF_ACCEPT

_CREATE, _EXCLUSIVE, _APPEND = 0x400, 0x200, 0x800
_TABLE, _TABLE_FLAGS = 1, 2
_CHAIN_NAME, _CHAIN_HOOK, _CHAIN_POLICY, _CHAIN_TYPE = 3, 4, 5, 7
_HOOK_NUMBER, _HOOK_PRIORITY = 1, 2
_RULE_CHAIN, _RULE_EXPRESSIONS = 2, 4
_SET_NAME, _SET_FLAGS, _SET_KEY_TYPE, _SET_KEY_LENGTH = 2, 3, 4, 5
_SET_DATA_TYPE, _SET_DATA_LENGTH, _SET_DESCRIPTION, _SET_ID = 6, 7, 9, 10
_SET_USERDATA, _SET_EXPRESSION = 13, 17
_DESCRIPTION_SIZE, _DESCRIPTION_CONCAT, _FIELD_LENGTH = 1, 2, 1
_GENERATION_ID = 1


class Header(NamedTuple):
    """A chain's type, hook (NF_INET_*), priority and policy; no type for a chain without hook."""

    kind: str = ""
    hook: int = 0
    priority: int = 0
    policy: int = ACCEPT


PLAIN = Header()


class SetShape(NamedTuple):
    """What the kernel knows of a set. Lengths are in bytes, ``size`` is its most elements or 0.

    ``fields`` are the lengths of the parts of a key of ranges; ``userdata`` is nft's.
    """

    flags: int
    key_type: int
    key_length: int
    data_type: int = 0
    data_length: int = 0
    size: int = 0
    counted: bool = False
    fields: Tuple[int, ...] = ()
    userdata: bytes = b""


def request(kind: int, attributes: bytes = b"") -> Message:
    """Return a request that reads."""
    return Message(kind, 0, INET, attributes)


def in_table(table: str) -> bytes:
    """Return the attribute by which chains, rules and sets are looked for in a table."""
    return word(_TABLE, table)


def new_table(name: str) -> Message:
    return Message(NEW_TABLE, _CREATE | _EXCLUSIVE, INET, word(_TABLE, name))


def delete_table(name: str) -> Message:
    return Message(DELETE_TABLE, 0, INET, word(_TABLE, name))


def new_chain(table: str, name: str, header: Header) -> Message:
    attributes = word(_TABLE, table) + word(_CHAIN_NAME, name)
    if header.kind:
        attributes += nested(
            _CHAIN_HOOK,
            number(_HOOK_NUMBER, header.hook),
            number(_HOOK_PRIORITY, header.priority),
        )
        attributes += number(_CHAIN_POLICY, header.policy) + word(_CHAIN_TYPE, header.kind)
    return Message(NEW_CHAIN, _CREATE | _EXCLUSIVE, INET, attributes)


def delete_chain(table: str, name: str) -> Message:
    return Message(DELETE_CHAIN, 0, INET, word(_TABLE, table) + word(_CHAIN_NAME, name))


def new_rule(table: str, chain: str, rule: Rule) -> Message:
    """Return the request for a rule at the end of a chain."""
    attributes = (
        word(_TABLE, table)
        + word(_RULE_CHAIN, chain)
        + attribute(_RULE_EXPRESSIONS, expressions.encode(rule))
    )
    return Message(NEW_RULE, _CREATE | _APPEND, INET, attributes)


def delete_rules(table: str, chain: str) -> Message:
    """Return the request that empties a chain."""
    return Message(DELETE_RULE, 0, INET, word(_TABLE, table) + word(_RULE_CHAIN, chain))


def new_set(table: str, name: str, shape: SetShape, identity: int) -> Message:
    """Return the request for a set; ``identity`` is its number in the transaction."""
    attributes = [
        word(_TABLE, table),
        word(_SET_NAME, name),
        number(_SET_FLAGS, shape.flags),
        number(_SET_KEY_TYPE, shape.key_type),
        number(_SET_KEY_LENGTH, shape.key_length),
    ]
    if shape.flags & MAP:
        attributes.append(number(_SET_DATA_TYPE, shape.data_type))
        attributes.append(number(_SET_DATA_LENGTH, shape.data_length))
    if shape.size:
        attributes.append(nested(_SET_DESCRIPTION, number(_DESCRIPTION_SIZE, shape.size)))
    if shape.fields:
        fields = [nested(LIST_ELEMENT, number(_FIELD_LENGTH, field)) for field in shape.fields]
        attributes.append(nested(_SET_DESCRIPTION, nested(_DESCRIPTION_CONCAT, *fields)))
    attributes.append(number(_SET_ID, identity))
    if shape.userdata:
        attributes.append(attribute(_SET_USERDATA, shape.userdata))
    if shape.counted:
        attributes.append(nested(_SET_EXPRESSION, expressions.counter()))
    return Message(NEW_SET, _CREATE | _EXCLUSIVE, INET, b"".join(attributes))


def delete_set(table: str, name: str) -> Message:
    return Message(DELETE_SET, 0, INET, word(_TABLE, table) + word(_SET_NAME, name))


def read_generation(attributes: Optional[bytes]) -> int:
    """Return the number of the ruleset's generation."""
    return read_number(parts(attributes or b"").get(_GENERATION_ID, b""))


def read_table_flags(attributes: bytes) -> int:
    """Return a table's flags (NFT_TABLE_F_*); one that is dormant does nothing."""
    return read_number(parts(attributes).get(_TABLE_FLAGS, b""))


def read_chain(table: str, attributes: bytes) -> Optional[Tuple[str, Header]]:
    """Return a chain's name and header, None for a chain of another table."""
    found = parts(attributes)
    if read_word(found.get(_TABLE, b"")) != table:
        return None
    header = PLAIN
    if _CHAIN_HOOK in found:
        hook = parts(found[_CHAIN_HOOK])
        header = Header(
            read_word(found.get(_CHAIN_TYPE, b"")),
            read_number(hook.get(_HOOK_NUMBER, b"")),
            read_signed(hook.get(_HOOK_PRIORITY, b"")),
            read_number(found.get(_CHAIN_POLICY, b"")),
        )
    return read_word(found[_CHAIN_NAME]), header


def read_rule(attributes: bytes) -> Tuple[str, Rule]:
    """Return the chain that a rule is in, and its expressions."""
    found = parts(attributes)
    return read_word(found[_RULE_CHAIN]), expressions.decode(found.get(_RULE_EXPRESSIONS, b""))


def read_set(attributes: bytes) -> Tuple[str, SetShape]:
    """Return a set's name and shape, without what only nft cares for."""
    found = parts(attributes)
    described = parts(found.get(_SET_DESCRIPTION, b""))

    def of(kind: int) -> int:
        return read_number(found.get(kind, b""))

    shape = SetShape(
        flags=of(_SET_FLAGS),
        key_type=of(_SET_KEY_TYPE),
        key_length=of(_SET_KEY_LENGTH),
        data_type=of(_SET_DATA_TYPE),
        data_length=of(_SET_DATA_LENGTH),
        size=read_number(described.get(_DESCRIPTION_SIZE, b"")),
        counted=_SET_EXPRESSION in found,
    )
    return read_word(found[_SET_NAME]), shape
