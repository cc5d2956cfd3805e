# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Field lines in one canonical form, in which they are kept, searched, copied and sent.

Each line is ``\\n``, the name, ``: `` and the value, ``\\r``; an empty value is written ``name:``.
The line feed stands first because a search that begins with a literal is quick, and because one
line's end then never belongs to its neighbour: lines can be cut out and joined without repair.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from ..grammar import is_token, is_value
from ..refusal import BadField

_LINE = re.compile(rb"\n([^:]++): ?([^\r]*+)\r")


def field_line(name: bytes, value: bytes) -> bytes:
    """Return one canonical line. Raises `BadField` for what could be read as anything else."""
    if not is_token(name):
        raise BadField(f"field name {name!r} is not a token")
    if not is_value(value):
        raise BadField(f"the value of field {name.decode('ascii')} has a forbidden character")
    return b"\n%b: %b\r" % (name, value) if value else b"\n%b:\r" % name


def field_lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return canonical lines of all fields, in order. Raises `BadField`."""
    return b"".join(field_line(name, value) for name, value in fields)


def split_fields(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the names, as they were written, and the values of a canonical block."""
    for match in _LINE.finditer(block):
        yield match[1], match[2]


def field_values(block: bytes, name: bytes) -> list[bytes]:
    """Return the values of every line of ``name``, in any case of its letters.

    ``name`` has to come from the program or its configuration: a pattern is kept for each.
    """
    return _line_named(name).findall(block)


def without_fields(block: bytes, names: Iterable[bytes]) -> bytes:
    """Return the block without the lines of these names, in any case of their letters.

    The names may come from a client: no pattern is compiled of them, and nothing is remembered.
    """
    gone = {name.lower() for name in names}
    return b"".join([line[0] for line in _LINE.finditer(block) if line[1].lower() not in gone])


@lru_cache(maxsize=256)
def _line_named(name: bytes) -> re.Pattern[bytes]:
    """Return a pattern of lines with this name; its only group is the value."""
    return re.compile(rb"\n" + re.escape(name) + rb": ?([^\r]*+)\r", re.IGNORECASE)
