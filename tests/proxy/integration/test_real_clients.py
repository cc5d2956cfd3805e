# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that people really use, with their habits."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import requests
from running.proxy import Proxy, to
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
def url() -> Iterator[str]:
    """Return where the proxy is."""
    with Upstream(echo) as upstream, Proxy(to(upstream.url)) as proxy:
        yield f"http://127.0.0.1:{proxy.port}/"


def test_requests_with_one_session(url: str) -> None:
    with requests.Session() as session:
        for _unused in range(3):
            assert session.get(url).content == b"hello"
            assert session.post(url, data=BODY).content == BODY
            assert session.put(url, data=iter([BODY, BODY])).content == BODY * 2
            assert session.head(url).status_code == 200


def test_httpx_with_many_at_once(url: str) -> None:
    with httpx.Client() as client, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: client.post(url, content=BODY[:number]), range(100)))
    assert [len(answer.content) for answer in answers] == [5, *range(1, 100)]


def curl(*arguments: str) -> bytes:
    """Return what curl prints."""
    found = shutil.which("curl")
    assert found is not None, "curl is missing: apt install curl"
    done = subprocess.run(
        [found, "-sS", "--fail-with-body", "--max-time", "20", *arguments],
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_curl_with_uploads_and_expectations(url: str, tmp_path: Path) -> None:
    file = tmp_path / "body"
    file.write_bytes(BODY * 5)
    assert curl(url) == b"hello"
    assert curl("--http1.0", url) == b"hello"
    assert curl("-H", "Expect: 100-continue", "--expect100-timeout", "0.1", "-T", str(file), url)
    assert curl("-H", "Transfer-Encoding: chunked", "--data-binary", f"@{file}", url) == BODY * 5
    assert curl("-I", url).startswith(b"HTTP/1.1 200")
    assert curl(url, url, url) == b"hello" * 3
