# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why there is a gate: what h11 or httptools takes for a good request, and the gate does not."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from corpus.case import SMUGGLED, lines
from corpus.replay import replay
from oracles.reading import ORACLES

HTTPTOOLS, H11 = frozenset({"httptools"}), frozenset({"h11"})
BOTH = HTTPTOOLS | H11


@dataclass(frozen=True)
class LetThrough:
    """A bad request, which parsers take it for good, and what the gate answers."""

    name: str
    raw: bytes
    by: frozenset[str]
    status: int = 400


LET_THROUGH = [
    LetThrough("bare LF after the target: HTTP/0.9", b"GET /x\nHost: a\r\n\r\n", HTTPTOOLS),
    LetThrough(
        "length and chunks",
        lines("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked")
        + b"0\r\n\r\n"
        + SMUGGLED,
        H11,
    ),
    LetThrough("bare LF after a field", b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", H11),
    LetThrough("obs-fold", lines("GET / HTTP/1.1", "Host: a", "X: b", " c"), H11),
    LetThrough("a version that is none", lines("GET / HTTP/9.9", "Host: a"), H11, 505),
    LetThrough("no Host", lines("GET / HTTP/1.1"), HTTPTOOLS),
    LetThrough("two Hosts", lines("GET / HTTP/1.1", "Host: a", "Host: b"), HTTPTOOLS),
    LetThrough(
        "chunks of HTTP/1.0",
        lines("POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        BOTH,
    ),
    LetThrough("a fragment in the target", lines("GET /a#b HTTP/1.1", "Host: a"), BOTH),
    LetThrough(
        "a field of 1 MB", lines("GET / HTTP/1.1", "Host: a", "X: " + "a" * 1_000_000), BOTH, 431
    ),
    LetThrough(
        "20,000 fields", lines("GET / HTTP/1.1", "Host: a", *["X: b"] * 20_000), BOTH, 431
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", LET_THROUGH, ids=lambda case: case.name)
def test_the_gate_refuses_what_a_parser_lets_through(case: LetThrough) -> None:
    accepting = {name for name, oracle in ORACLES.items() if oracle(case.raw).messages}
    ours = replay(case.raw)

    assert accepting == case.by
    assert (ours.sent, ours.refused) == ([], case.status)
