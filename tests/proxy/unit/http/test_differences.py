# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates beside h11 and httptools: no difference of opinion but the listed ones."""

from __future__ import annotations

import pytest
from corpus.case import Case
from corpus.replay import replay
from corpus.smuggling import CASES
from hypothesis import given
from hypothesis import strategies as st
from oracles.differences import LOOSER, STRICTER
from oracles.judge import judge
from oracles.reading import ORACLES

METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"])
TARGETS = st.text("/ab.%2eF?=&", max_size=15).map(lambda text: "/" + text)
VALUES = st.text('ab \t,;="', max_size=10).map(str.strip)
FIELDS = st.lists(
    st.tuples(st.sampled_from(["X", "Accept", "Connection", "TE", "Via", "Cookie"]), VALUES),
    max_size=5,
)
BODIES = st.binary(max_size=30)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_of_the_corpus(case: Case) -> None:
    assert judge(case.raw) is None


@given(st.lists(st.tuples(METHODS, TARGETS, FIELDS, BODIES, st.booleans()), min_size=1, max_size=4))
def test_requests_that_follow_each_other(
    requests: list[tuple[str, str, list[tuple[str, str]], bytes, bool]],
) -> None:
    raw = b""
    for method, target, fields, body, chunked in requests:
        lines = [f"{method} {target} HTTP/1.1", "Host: a", *(f"{n}: {v}" for n, v in fields)]
        if chunked:
            lines.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        else:
            lines.append(f"Content-Length: {len(body)}")
        raw += "\r\n".join(lines).encode() + b"\r\n\r\n" + body

    assert judge(raw) is None


def test_every_listed_difference_has_a_case_in_the_corpus() -> None:
    reasons = {replay(case.raw).reason for case in CASES}
    complaints = {
        (name, oracle(case.raw).complaint)
        for case in CASES
        if replay(case.raw).refused is None
        for name, oracle in ORACLES.items()
    }

    assert [start for start in STRICTER if not any(start in reason for reason in reasons)] == []
    assert [
        entry.why
        for entry in LOOSER
        if not any(
            name == entry.oracle and (complaint or "").startswith(entry.complaint)
            for name, complaint in complaints
        )
    ] == []
