# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elements of sets, by tens of thousands: a key and what the kernel lists after it. Pure.

What follows the key (``rest``) are the attributes of an element in the order in which the kernel
lists them, so that elements can be compared without being taken apart.
"""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Optional, Tuple

from ...._kernel.netlink import ATTRIBUTE as _HEAD
from ...._kernel.netlink import attribute
from ...._kernel.netlink import attributes as parts
from ...._kernel.nfnetlink import Message
from . import expressions, userdata
from .attributes import LIST_ELEMENT, nested, number, read_signed, read_word, word
from .messages import DELETE_ELEMENT, GET_ELEMENT, INET, NEW_ELEMENT

Key = bytes
Rest = bytes

_TABLE, _SET, _ELEMENTS = 1, 2, 3
_KEY, _DATA, _FLAGS, _USERDATA, _EXPRESSION, _KEY_END = 1, 2, 3, 6, 7, 10
_CATCHALL = 2
_VALUE, _VERDICT = 1, 2
_VERDICT_CODE, _VERDICT_CHAIN = 1, 2
_CREATE = 0x400
_MOST_BYTES = 60000  # an attribute's length has 16 bits


def add(table: str, name: str, elements: Iterable[Tuple[Key, Rest]]) -> Iterator[Message]:
    """Yield the requests that add elements to a set."""
    yield from _requests(NEW_ELEMENT, _CREATE, table, name, elements)


def delete(table: str, name: str, elements: Iterable[Tuple[Key, Rest]]) -> Iterator[Message]:
    """Yield the requests that delete elements; of ``rest``, only the end of a range matters."""
    bare = ((key, _end_of_range(rest)) for key, rest in elements)
    yield from _requests(DELETE_ELEMENT, 0, table, name, bare)


def get(table: str, name: str, key: Key) -> Message:
    """Return the request for one element of a set without ranges."""
    (asked,) = _requests(GET_ELEMENT, 0, table, name, [(key, b"")])
    return asked


def listing(table: str, name: str) -> bytes:
    """Return the attributes that ask for all elements of a set."""
    return word(_TABLE, table) + word(_SET, name)


def _requests(
    kind: int, flags: int, table: str, name: str, elements: Iterable[Tuple[Key, Rest]]
) -> Iterator[Message]:
    start = listing(table, name)
    pending: List[bytes] = []
    size = 0
    pack = _HEAD.pack
    for key, rest in elements:
        length = len(key)
        if key:
            whole = (
                pack(16 - 4 + length + len(rest), LIST_ELEMENT)
                + pack(8 + length, _KEY)
                + pack(4 + length, _VALUE)
                + key
                + rest
            )
        else:
            whole = nested(LIST_ELEMENT, number(_FLAGS, _CATCHALL))
        if size + len(whole) > _MOST_BYTES:
            yield Message(kind, flags, INET, start + nested(_ELEMENTS, *pending))
            pending, size = [], 0
        pending.append(whole)
        size += len(whole)
    if pending:
        yield Message(kind, flags, INET, start + nested(_ELEMENTS, *pending))


def name_in(attributes: bytes) -> str:
    """Return the name of the set that a message is about."""
    return read_word(parts(attributes)[_SET])


def read(attributes: bytes, key_length: int) -> Dict[Key, Rest]:
    """Return the elements that one message of a listing tells.

    Keys have ``key_length`` bytes, a multiple of four. The element that stands for all other keys
    is told under the empty key.
    """
    data = parts(attributes).get(_ELEMENTS, b"")
    found: Dict[Key, Rest] = {}
    offset, end = 0, len(data)
    head = _HEAD.pack(8 + key_length, _KEY) + _HEAD.pack(4 + key_length, _VALUE)
    rest_at = 12 + key_length
    length_at = _HEAD.unpack_from
    while offset < end:
        length = length_at(data, offset)[0]
        if data[offset + 4 : offset + 12] == head:
            key = data[offset + 12 : offset + rest_at]
            found[key] = data[offset + rest_at : offset + length]
        else:
            found[b""] = data[offset + 4 : offset + length]
        offset += length
    return found


def split_counter(rest: Rest) -> Tuple[bytes, Rest]:
    """Return the counter's attribute, empty without one, and what follows it."""
    if len(rest) < _HEAD.size:
        return b"", rest
    length, kind = _HEAD.unpack_from(rest)
    return (rest[:length], rest[length:]) if kind == _EXPRESSION else (b"", rest)


def data_of(rest: Rest) -> bytes:
    """Return the attribute of the data that a map's element leads to, empty without one."""
    if len(rest) < _HEAD.size:
        return b""
    length, kind = _HEAD.unpack_from(rest)
    return rest[:length] if kind == _DATA else b""


def _end_of_range(rest: Rest) -> Rest:
    if len(rest) < _HEAD.size:
        return b""
    length, kind = _HEAD.unpack_from(rest)
    return rest[:length] if kind == _KEY_END else b""


def range_end(key: Key) -> bytes:
    """Return what follows the key of a range: its last value."""
    return nested(_KEY_END, attribute(_VALUE, key))


def read_range_end(rest: Rest) -> Key:
    """Return the last value of a range, empty without one."""
    return parts(parts(rest).get(_KEY_END, b"")).get(_VALUE, b"")


def data(value: bytes) -> bytes:
    """Return what follows the key in a map."""
    return nested(_DATA, attribute(_VALUE, value))


def goto(chain: str) -> bytes:
    """Return what follows the key in a map of verdicts."""
    inside = number(_VERDICT_CODE, expressions.GOTO) + word(_VERDICT_CHAIN, chain)
    return nested(_DATA, nested(_VERDICT, inside))


def read_goto(rest: Rest) -> Optional[str]:
    """Return the chain that an element sends packets to, None when it does something else."""
    told = parts(parts(parts(rest).get(_DATA, b"")).get(_VERDICT, b""))
    if read_signed(told.get(_VERDICT_CODE, b"")) != expressions.GOTO:
        return None
    return read_word(told.get(_VERDICT_CHAIN, b""))


def comment(text: str) -> bytes:
    """Return the attribute of a comment."""
    return attribute(_USERDATA, userdata.comment(text))


def read_comment(rest: Rest) -> str:
    """Return an element's comment, empty without one."""
    return userdata.read_comment(parts(rest).get(_USERDATA, b""))


def counter(packets: int = 0, size: int = 0) -> bytes:
    """Return the attribute of a counter."""
    return nested(_EXPRESSION, expressions.counter(packets, size))


def read_counter(attribute_of_counter: bytes) -> Tuple[int, int]:
    """Return packets and bytes of a counter's attribute; zeros without one."""
    return expressions.read_counter(parts(attribute_of_counter).get(_EXPRESSION, b""))
