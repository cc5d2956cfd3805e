# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host, none and several of it."""

from __future__ import annotations

from .case import Case, accepted, lines, refused
from .request_lines import get

GOOD = [
    b"a",
    b"a.example",
    b"A.Example",
    b"a.example.",
    b"a.example:8080",
    b"127.0.0.1",
    b"127.0.0.1:1",
    b"[::1]",
    b"[::1]:8080",
    b"[2001:DB8::1]",
    b"a_b.example",
    b"xn--bcher-kva.example",
    b"a-b",
    b"a.example:65535",
]
BAD = [
    b"",
    b".",
    b"a..b",
    b".a",
    b"a..",
    b"a b",
    b"a,b",
    b"a, a",
    b"a/b",
    b"a/",
    b"/",
    b"a?b",
    b"a#b",
    b"a@b",
    b"u:p@a",
    b"http://a",
    b"a:b",
    b"a:80:80",
    b"a:-1",
    b"a:0",
    b"a:65536",
    b"a:999999",
    b"a: 80",
    b"a :80",
    b"[::1",
    b"::1",
    b"[::1]x",
    b"[::1%25eth0]",
    b"[1.2.3.4]",
    b"[v1.a]",
    b"[]",
    b"[zz]",
    b"a%2eb",
    b"a\\b",
    b"a;b",
    b"a\xe9",
    b'a"b',
    b"<a>",
    b"a'b",
    b"*",
    b"a*b",
    b"a$b",
    b"a\tb",
    b"a" * 64,
    b"a." * 127 + b"a",
]


CASES: list[Case] = [
    *(accepted(f"Host {host.decode()}", get(b"/", host), get(b"/", host)) for host in GOOD),
    *(refused(f"Host {host!r}", get(b"/", host)) for host in BAD),
    accepted("Host with an empty port", get(b"/", b"a:"), get(b"/", b"a")),
    refused("no Host", lines("GET / HTTP/1.1")),
    refused("no Host, absolute-form", lines("GET http://a/ HTTP/1.1")),
    refused("two Hosts", lines("GET / HTTP/1.1", "Host: a", "Host: b")),
    refused("two Hosts alike", lines("GET / HTTP/1.1", "Host: a", "Host: a")),
    refused("two Hosts in other cases", lines("GET / HTTP/1.1", "Host: a", "hOST: b")),
    refused("two Hosts, one empty", lines("GET / HTTP/1.1", "Host: a", "Host:")),
    refused("two Hosts of 1.0", lines("GET / HTTP/1.0", "Host: a", "Host: b")),
    refused("bad Host beside absolute-form", get(b"http://b/", b"a b")),
    refused("Connection names Host", lines("GET / HTTP/1.1", "Host: a", "Connection: host")),
    accepted("Host in another case", lines("GET / HTTP/1.1", "hOsT: a"), get(b"/")),
    accepted(
        "Host last",
        lines("GET / HTTP/1.1", "X: b", "Host: a"),
        lines("GET / HTTP/1.1", "Host: a", "X: b"),
    ),
    accepted("Host of absolute-form wins", get(b"http://b/", b"a"), get(b"/", b"b")),
    accepted("no Host of 1.0", lines("GET / HTTP/1.0"), get(b"/", b"upstream")),
]
