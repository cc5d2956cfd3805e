# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that ask as fast as they can: none of their requests fails."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from running.command import command
from running.service import PATIENCE
from running.site import Site, site
from running.upstream import Conversation, Upstream

REQUESTS = 10_000
CONTENT = 20_000
HELLO = b"hello"


def echo(conversation: Conversation) -> None:
    """Send back the content of each request."""
    while request := conversation.read_request():
        conversation.answer(request.partition(b"\r\n\r\n")[2] or HELLO)


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("load")
    with Upstream(echo) as upstream, site(folder, upstream.url, workers=2) as one:
        yield one


def said(*arguments: str) -> str:
    done = subprocess.run(
        [command(arguments[0]), *arguments[1:]],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=2 * PATIENCE,
    )
    return done.stdout


@pytest.mark.parametrize("over", ["plain", "tls"])
def test_wrk_meets_no_error(proxy: Site, over: str) -> None:
    text = said("wrk", "-t", "1", "-c", "32", "-d", "2s", "--timeout", "30s", proxy.url(over))
    answered = re.search(r"(\d+) requests in ", text)
    assert answered is not None, text
    assert int(answered[1]) > 100
    # It speaks of errors only where there were some.
    assert "Socket errors" not in text, text
    assert "Non-2xx" not in text, text


@pytest.mark.parametrize("ahead", [1, 10], ids=["one by one", "ten ahead"])
@pytest.mark.parametrize("content", [False, True], ids=["GET", "POST"])
@pytest.mark.parametrize("over", ["plain", "tls"])
def test_h2load_meets_no_error(
    proxy: Site, tmp_path: Path, over: str, content: bool, ahead: int
) -> None:
    file = tmp_path / "content"
    file.write_bytes(bytes(CONTENT))
    upload = ["-d", str(file)] if content else []
    number = REQUESTS // 5 if content else REQUESTS
    text = said(
        *(
            "h2load",
            "--h1",
            "-c",
            "20",
            "-m",
            str(ahead),
            "-n",
            str(number),
            *upload,
            proxy.url(over),
        )
    )
    good = f"{number} succeeded, 0 failed, 0 errored, 0 timeout"
    assert good in text, text
    size = CONTENT if content else len(HELLO)
    assert f"({number * size}) data" in text, text
    assert f"status codes: {number} 2xx, 0 3xx, 0 4xx, 0 5xx" in text, text
