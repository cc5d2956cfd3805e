# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smuggling corpus before parsers that are not ours: they see the requests that were sent."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace

import pytest
from corpus import framing, lines_and_names
from corpus.case import Case
from corpus.smuggling import CASES
from running.parsers import REFUSED, Parser, Seen, nginx, node
from running.proxy import Proxy, to

KINDS = {"nginx": nginx, "node": node}
NARROWER = {
    # nginx takes upper-case letters for a method, and no asterisk.
    "nginx": {
        "absolute-form of OPTIONS",
        "asterisk-form of OPTIONS",
        "lower-case method is another method",
    },
    # node takes the methods that it has a name for.
    "node": {"a method of 32 bytes", "lower-case method is another method"},
}
"""Cases that are good requests, and that an upstream refuses."""


@dataclass(frozen=True)
class Behind:
    """A proxy, and the upstream whose opinion is asked."""

    kind: str
    proxy: Proxy
    parser: Parser

    def replay(self, case: Case) -> None:
        """Send a case's bytes, and wait for the end of what comes back."""
        # A refusal may come, and the connection go, before all is sent.
        with suppress(BrokenPipeError, ConnectionResetError), self.proxy.client() as client:
            client.send(case.raw)
            client.end_sending()
            client.rest()

    def follow(self, number: int) -> Seen:
        """Have another client use the connections that are there; it gets its own answer."""
        one = Seen(f"POST /after/{number} HTTP/1.1", f"after {number}")
        with self.proxy.client() as client:
            client.send(f"{one.line}\r\nHost: a\r\nContent-Length: {len(one.content)}\r\n".encode())
            client.send(f"\r\n{one.content}".encode())
            response = client.response()
        assert (response.status, response.content) == (200, one.line.encode())
        return one

    def expected(self, case: Case) -> list[Seen]:
        """Return what the upstream should see of a case."""
        narrower = case.name in NARROWER[self.kind]
        return [REFUSED if narrower else meant(one) for one in case.sent]


@pytest.fixture(scope="module", params=KINDS)
def behind(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    """A proxy before nginx, and one before node; both serve all cases."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        parser = stack.enter_context(KINDS[request.param](folder))
        proxy = stack.enter_context(Proxy(to(parser.url)))
        yield Behind(request.param, proxy, parser)


def marked(case: Case, number: int) -> Case:
    """Return a case whose content, and whose smuggled target, are no other case's."""

    def mark(data: bytes) -> bytes:
        data = data.replace(b"hello", b"%05x" % number)
        return data.replace(b"/smuggled", b"/%08x" % number)

    return replace(case, raw=mark(case.raw), sent=tuple(map(mark, case.sent)))


MARKED = [marked(case, number) for number, case in enumerate(CASES, 0x10000)]


def meant(request: bytes) -> Seen:
    """Return what the bytes of a request that was sent on mean."""
    head, _mark, content = request.partition(b"\r\n\r\n")
    if b"\r\nTransfer-Encoding: chunked" in head:
        content = b"".join(chunks(content))
    line = head.split(b"\r\n")[0]
    return Seen(line.decode("latin-1"), content.decode("latin-1"))


def chunks(content: bytes) -> Iterator[bytes]:
    """Yield the data of chunks."""
    while size := int(re.split(rb"[;\r]", content, maxsplit=1)[0], 16):
        _line, _mark, content = content.partition(b"\r\n")
        yield content[:size]
        content = content[size + 2 :]


def test_each_case_is_seen_as_the_requests_that_it_is(behind: Behind) -> None:
    wrong = {}
    for number, case in enumerate(MARKED):
        behind.replay(case)
        after = behind.follow(number)
        seen = behind.parser.seen(after)
        expected = [*behind.expected(case), after]
        if seen != expected:
            wrong[case.name] = (seen, expected)
    assert wrong == {}


def test_cases_at_once_are_seen_as_the_requests_that_they_are(behind: Behind) -> None:
    def replay(number: int) -> Seen:
        behind.replay(MARKED[number])
        return behind.follow(number)

    with ThreadPoolExecutor(16) as pool:
        after = Counter(pool.map(replay, range(len(MARKED))))
    last = behind.follow(len(MARKED))
    seen = Counter(behind.parser.seen(last))
    expected = Counter(one for case in MARKED for one in behind.expected(case))
    assert seen - expected - after == Counter([last])
    assert expected + after - seen == Counter()


def test_the_corpus_has_as_many_cases_as_are_asked_for() -> None:
    apart = {case.raw for case in (*framing.CASES, *lines_and_names.CASES)}
    assert len(apart) >= 200
    assert len({case.raw for case in CASES}) >= 400
