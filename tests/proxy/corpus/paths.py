# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths that mean one thing to a proxy and another thing to an upstream."""

from __future__ import annotations

from .case import Case, accepted, refused
from .request_lines import get

RESOLVED = {
    b"/a/../b": b"/b",
    b"/a/./b": b"/a/b",
    b"/a/..": b"/",
    b"/a/.": b"/a/",
    b"/a/b/../../c": b"/c",
    b"/.": b"/",
    b"/a/%2e%2e/b": b"/b",
    b"/a/%2E%2E/b": b"/b",
    b"/a/.%2e/b": b"/b",
    b"/a/%2e/b": b"/a/b",
    b"/a/../b?c=../d": b"/b?c=../d",
}
KEPT = [
    b"/a%2fb",
    b"/a%2Fb",
    b"/%41",
    b"/a%20b",
    b"/a%25b",
    b"/a%252e%252e/b",
    b"//a",
    b"/a//b",
    b"/...",
    b"/.well-known/x",
    b"/a..b",
    b"/a%2eb",
    b"/a;b=c",
    b"/%C3%A9",
    b"/%e9",
    b"/a?%00%0d%0a",
    b"/a?b\\c",
    b"/a|b",
    b"/a{b}",
    b"/?",
    b"/a?b?c",
    b"/..a/b",
    b"/a?/../b",
]
REFUSED = [
    b"/..",
    b"/../a",
    b"/a/../../b",
    b"/%2e%2e/a",
    b"/a/%2e%2e/%2e%2e/b",
    b"/a%00",
    b"/%00",
    b"/a%0d%0aX:%20b",
    b"/a%0a",
    b"/a%1f",
    b"/a%7f",
    b"/a%09b",
    b"/a\\b",
    b"/a\\..\\b",
    b"/a%5cb",
    b"/a%5C..%5Cb",
    b"/..\\a",
    b"/a/..%2fb",
    b"/a/..%2Fb",
    b"/a%2f..%2fb",
    b"/a%2f../..%2fb",
    b"/a/%2e%2e%2fb",
    b"/a%2f%2e%2e",
    b"/a/..;/b",
    b"/a/..;x=y/b",
    b"/a/.;/b",
    b"/a/%2e%2e;/b",
    b"/a/..%3bx/b",
    b"/a%c0%afb",
    b"/a%c0%ae%c0%ae/b",
    b"/a%C1%9Cb",
    b"/a%e0%80%afb",
    b"/a%",
    b"/a%2",
    b"/a%zz",
    b"/a%2/b",
    b"/%%32e",
    b"/a%u002e",
]

CASES: list[Case] = [
    *(
        accepted(f"path {raw.decode()} is resolved", get(raw), get(sent))
        for raw, sent in RESOLVED.items()
    ),
    *(accepted(f"path {raw.decode()} is kept", get(raw), get(raw)) for raw in KEPT),
    *(refused(f"path {raw.decode()}", get(raw)) for raw in REFUSED),
]
