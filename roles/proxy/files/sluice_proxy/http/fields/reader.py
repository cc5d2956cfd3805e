# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading field lines that are not canonical yet, one by one, and saying what is wrong with one.

This is the slow road: a head in canonical form never comes here.
"""

from __future__ import annotations

from ..grammar import is_token, is_value
from ..limits import HeadLimits
from ..refusal import BadField


def read_field_lines(lines: list[bytes], limits: HeadLimits) -> bytes:
    """Return the canonical block of lines that were split at CRLF.

    Whitespace around values is dropped (RFC 9112 section 5.1). Raises `BadField` for anything
    else that is not a field line, obsolete line folding included (section 5.2).
    """
    if len(lines) > limits.fields:
        raise BadField(f"more than {limits.fields} fields", 431)
    return b"".join([_read_line(line, limits) for line in lines])


def _read_line(line: bytes, limits: HeadLimits) -> bytes:
    if len(line) + 2 > limits.field_bytes:
        raise BadField(f"a field has more than {limits.field_bytes} bytes", 431)
    if line[:1] in b" \t":
        raise BadField("a field line begins with whitespace (obsolete line folding)")
    name, colon, value = line.partition(b":")
    if not colon:
        raise BadField("a field line has no colon")
    if not is_token(name):
        if name.endswith((b" ", b"\t")):
            raise BadField("whitespace stands between a field name and its colon")
        raise BadField("a field name is empty or not a token")
    value = value.strip(b" \t")
    if not is_value(value):
        raise BadField(f"the value of field {name.decode('ascii')} has a control character")
    return b"\n%b: %b\r" % (name, value) if value else b"\n%b:\r" % name
