# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that people really use, with their habits."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import requests
from running.command import command
from running.site import Site, site
from running.upstream import Conversation, Upstream

BODY = b"0123456789" * 50_000


def echo(conversation: Conversation) -> None:
    """Send back the content of each request, its chunked coding included."""
    while request := conversation.read_request():
        head, _unused, content = request.partition(b"\r\n\r\n")
        if b"transfer-encoding" in head.lower():
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + content)
        else:
            conversation.answer(content or b"hello")


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("clients")
    with Upstream(echo) as upstream, site(folder, upstream.url) as one:
        yield one


both_ways = pytest.mark.parametrize("over", ["plain", "tls"])


@both_ways
def test_requests_with_one_session(proxy: Site, over: str) -> None:
    url = proxy.url(over)
    with requests.Session() as session:
        # Authorities of the environment would take the place of this one.
        session.trust_env = False
        session.verify = str(proxy.authority)
        for _unused in range(3):
            assert session.get(url).content == b"hello"
            assert session.post(url, data=BODY).content == BODY
            assert session.put(url, data=iter([BODY, BODY])).content == BODY * 2
            assert session.head(url).status_code == 200


@both_ways
def test_httpx_with_many_at_once(proxy: Site, over: str) -> None:
    url = proxy.url(over)
    context = ssl.create_default_context(cafile=proxy.authority)
    with httpx.Client(verify=context) as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: client.post(url, content=BODY[:number]), range(100)))
    assert [len(answer.content) for answer in answers] == [5, *range(1, 100)]


def curl(*arguments: str) -> bytes:
    """Return what curl prints."""
    done = subprocess.run(
        [command("curl"), "-sS", "--fail-with-body", "--max-time", "20", *arguments],
        capture_output=True,
        check=True,
    )
    return done.stdout


@both_ways
def test_curl_with_uploads_and_expectations(proxy: Site, over: str, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(BODY * 5)
    url = proxy.url(over)
    trusted = ("--cacert", str(proxy.authority))
    assert curl(*trusted, url) == b"hello"
    assert curl(*trusted, "--http1.0", url) == b"hello"
    expecting = ("-H", "Expect: 100-continue", "--expect100-timeout", "0.1")
    assert curl(*trusted, *expecting, "-T", str(file), url) == BODY * 5
    chunked = ("-H", "Transfer-Encoding: chunked", "--data-binary", f"@{file}")
    assert curl(*trusted, *chunked, url) == BODY * 5
    assert curl(*trusted, "-I", url).startswith(b"HTTP/1.1 200")
    assert curl(*trusted, url, url, url) == b"hello" * 3
