# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Methods, targets and versions."""

from __future__ import annotations

from .case import Case, accepted, lines, refused

NOT_IN_A_TARGET = [*range(0x20), ord("#"), 0x7F, 0x80, 0xE9, 0xFF]
VERSIONS = {
    "HTTP/0.9": 505,
    "HTTP/1.2": 505,
    "HTTP/1.9": 505,
    "HTTP/2.0": 505,
    "HTTP/3.0": 505,
    "HTTP/9.9": 505,
    "HTTP/0.0": 505,
    "HTTP/1": 400,
    "HTTP/1.": 400,
    "HTTP/.1": 400,
    "HTTP/1.10": 400,
    "HTTP/01.1": 400,
    "HTTP/1.01": 400,
    "HTTP/1,1": 400,
    "HTTP/+1.1": 400,
    "HTTP/1.1x": 400,
    "HTTP/1.1 ": 400,
    " HTTP/1.1": 400,
    "http/1.1": 400,
    "Http/1.1": 400,
    "HTTPS/1.1": 400,
    "HTTP 1.1": 400,
    "HTTP/\xb9.1": 400,
    "": 400,
}


def get(target: bytes, host: bytes = b"a", method: bytes = b"GET") -> bytes:
    """Return a request of a target."""
    return b"%b %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (method, target, host)


CASES: list[Case] = [
    *(
        refused(f"version {version!r}", lines(f"GET / {version}", "Host: a"), status)
        for version, status in VERSIONS.items()
    ),
    refused("HTTP/0.9 without a version", b"GET /\r\n\r\n"),
    refused("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501),
    refused("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    refused("two spaces after the method", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("tab after the method", b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("tab before the version", b"GET /\tHTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("space in the target", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("empty target", b"GET  HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("empty method", b" / HTTP/1.1\r\nHost: a\r\n\r\n"),
    refused("a method that is no token", get(b"/", method=b"GE(T")),
    refused("a method with a colon", get(b"/", method=b"GET:")),
    refused("8-bit method", get(b"/", method=b"G\xc9T")),
    refused("CONNECT", get(b"a:443", method=b"CONNECT"), 501),
    refused("CONNECT of a path", get(b"/", method=b"CONNECT"), 501),
    refused("the method of the preface of HTTP/2", get(b"/", method=b"PRI"), 501),
    refused("TRACE", get(b"/", method=b"TRACE"), 501),
    refused("a method of 33 bytes", get(b"/", method=b"M" * 33), 501),
    accepted("a method of 32 bytes", get(b"/", method=b"M" * 32), get(b"/", method=b"M" * 32)),
    accepted(
        "lower-case method is another method", get(b"/", method=b"get"), get(b"/", method=b"get")
    ),
    accepted("unknown method", get(b"/", method=b"PROPFIND"), get(b"/", method=b"PROPFIND")),
    *(refused(f"byte {code:#04x} in the path", get(b"/a%cb" % code)) for code in NOT_IN_A_TARGET),
    *(
        refused(f"byte {code:#04x} in the query", get(b"/a?b%cc" % code))
        for code in NOT_IN_A_TARGET
    ),
    refused("fragment", get(b"/a#b")),
    refused("fragment after a query", get(b"/a?b#c")),
    refused("only a fragment", get(b"#a")),
    refused("target without a slash", get(b"a/b")),
    refused("authority-form of GET", get(b"a:80")),
    refused("asterisk-form of GET", get(b"*")),
    refused("asterisk with a path", get(b"*/a", method=b"OPTIONS")),
    refused("slash and asterisk swapped", get(b"?a")),
    refused("target of 8193 bytes", get(b"/" + b"a" * 8192), 414),
    refused("target that never ends", b"GET /" + b"a" * 9000, 414),
    accepted("target of 8192 bytes", get(b"/" + b"a" * 8191), get(b"/" + b"a" * 8191)),
    accepted(
        "asterisk-form of OPTIONS", get(b"*", method=b"OPTIONS"), get(b"*", method=b"OPTIONS")
    ),
    accepted("absolute-form", get(b"http://b/x?y"), get(b"/x?y", b"b")),
    accepted("absolute-form without a path", get(b"http://b"), get(b"/", b"b")),
    accepted("absolute-form with a query only", get(b"http://b?y"), get(b"/?y", b"b")),
    accepted("absolute-form in upper case", get(b"HTTP://B/"), get(b"/", b"B")),
    accepted("absolute-form of https", get(b"https://b:8443/"), get(b"/", b"b:8443")),
    accepted(
        "absolute-form of OPTIONS",
        get(b"http://b", method=b"OPTIONS"),
        get(b"*", b"b", method=b"OPTIONS"),
    ),
    refused("absolute-form of ftp", get(b"ftp://b/")),
    refused("absolute-form without a host", get(b"http:///x")),
    refused("absolute-form with user information", get(b"http://u@b/")),
    refused("absolute-form with a password", get(b"http://u:p@b/")),
    refused("absolute-form with a backslash", get(b"http://b\\@c/")),
    refused("absolute-form with one slash", get(b"http:/b/")),
    refused("absolute-form with a bad port", get(b"http://b:99999/")),
    refused("scheme-relative with a backslash", get(b"/\\b/")),
]
