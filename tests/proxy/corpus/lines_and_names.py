# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Line ends, control characters, whitespace and names of fields."""

from __future__ import annotations

from .case import SMUGGLED, Case, accepted, lines, refused

START = b"GET / HTTP/1.1\r\nHost: a\r\n"
CONTROLS = [*range(0x09), 0x0A, 0x0B, 0x0C, 0x0D, *range(0x0E, 0x20), 0x7F]
NOT_IN_A_NAME = b'"(),/;<=>?@[\\]{} \t'

CASES: list[Case] = [
    refused("bare LF ends the request line", b"GET / HTTP/1.1\nHost: a\r\n\r\n"),
    refused("bare LF ends every line", b"GET / HTTP/1.1\nHost: a\n\n"),
    refused("bare LF ends a field", b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
    refused("bare LF ends the head after a field", START + b"X: b\n\r\n\r\n"),
    refused("LF LF ends the head", START + b"X: b\n\n" + SMUGGLED),
    refused("CRLF LF ends the head", START + b"\n" + SMUGGLED),
    refused("LF CRLF ends the head", START[:-2] + b"\n\r\n" + SMUGGLED),
    refused("bare CR ends a field", START + b"X: b\rY: c\r\n\r\n"),
    refused("CR CR LF ends a field", START + b"X: b\r\r\n\r\n"),
    refused("bare CR before the colon", START + b"X\r: b\r\n\r\n"),
    refused("bare CR within the request line", b"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("bare CR after the version", b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"),
    refused("two empty lines before the request", b"\r\n\r\n" + START + b"\r\n"),
    refused("LF before the request", b"\n" + START + b"\r\n"),
    accepted("one empty line before the request", b"\r\n" + START + b"\r\n", START + b"\r\n"),
    refused("space before the request", b" " + START + b"\r\n"),
    refused("obs-fold by a space", START + b"X: a\r\n b\r\n\r\n"),
    refused("obs-fold by a tab", START + b"X: a\r\n\tb\r\n\r\n"),
    refused("obs-fold of an empty value", START + b"X:\r\n b\r\n\r\n"),
    refused("obs-fold in the first field", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    refused(
        "obs-fold hides Transfer-Encoding",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    ),
    refused(
        "obs-fold hides Content-Length",
        b"POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n Content-Length: 5\r\n\r\nhello",
    ),
    refused("a line of whitespace", START + b" \r\n\r\n"),
    refused("no colon", START + b"X\r\n\r\n"),
    refused("no colon, with a request as field", START + b"GET /x HTTP/1.1\r\n\r\n"),
    refused("empty name", START + b": b\r\n\r\n"),
    refused("only a colon", START + b":\r\n\r\n"),
    refused("name with 8-bit characters", START + b"X\xe9: b\r\n\r\n"),
    refused("name with UTF-8 fullwidth letters", START + b"\xef\xbc\xb8: b\r\n\r\n"),
    refused("tab before the colon", START + b"X\t: b\r\n\r\n"),
    refused("space before the colon of Host", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
    refused(
        "space before the colon of Content-Length",
        lines("POST / HTTP/1.1", "Host: a", "Content-Length : 5") + b"hello",
    ),
    refused(
        "space before the colon of Transfer-Encoding",
        lines("POST / HTTP/1.1", "Host: a", "Transfer-Encoding : chunked") + b"0\r\n\r\n",
    ),
    accepted("no space after a colon", START + b"X:b\r\n\r\n", START + b"X: b\r\n\r\n"),
    accepted("tabs around a value", START + b"X:\t b\t \r\n\r\n", START + b"X: b\r\n\r\n"),
    accepted("empty value", START + b"X: \r\n\r\n", START + b"X:\r\n\r\n"),
    accepted("empty value without a space", START + b"X:\r\n\r\n", START + b"X:\r\n\r\n"),
    accepted("8-bit value", START + b"X: \xe9\xff\r\n\r\n", START + b"X: \xe9\xff\r\n\r\n"),
    accepted("tab within a value", START + b"X: a\tb\r\n\r\n", START + b"X: a\tb\r\n\r\n"),
    accepted(
        "every token character",
        START + b"!#$%&'*+-.^_`|~0Az: b\r\n\r\n",
        START + b"!#$%&'*+-.^_`|~0Az: b\r\n\r\n",
    ),
    *(
        refused(f"control character {code:#04x} in a value", START + b"X: a%cb\r\n\r\n" % code)
        for code in CONTROLS
    ),
    *(
        refused(f"control character {code:#04x} in a name", START + b"X%cY: b\r\n\r\n" % code)
        for code in CONTROLS
    ),
    *(
        refused(f"character {chr(code)!r} in a name", START + b"X%cY: b\r\n\r\n" % code)
        for code in NOT_IN_A_NAME
    ),
]
