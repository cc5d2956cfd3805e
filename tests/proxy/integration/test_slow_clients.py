# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many slow clients of each kind at once, and usual ones beside them, at a whole proxy."""

from __future__ import annotations

import csv
import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from running.command import command
from running.load import Load, load
from running.service import PATIENCE
from running.site import site
from running.upstream import Conversation, Upstream

CONNECTIONS = 50
LIMIT = "2s"
"""The proxy's time for a head, for content and for sending."""
WATCHED = 60
"""Seconds after which slowhttptest ends, if a connection is open still."""
KINDS = {
    # A line of the head each second, which goes on for ever.
    "slow head": ("-H", "-i", "1"),
    # Some bytes each second of a content of 8 KiB.
    "slow content": ("-B", "-i", "1", "-s", "8192"),
    # A small window, and 4 KiB taken each second.
    "slow reading": ("-X", "-n", "1", "-w", "512", "-y", "1024", "-z", "4096"),
}
CLOSED = {
    "slow head": (408, "the head did not come in time"),
    "slow content": (408, "the content did not come in time"),
    "slow reading": (200, "the client did not take what was sent in time"),
}
WAYS = [(kind, over) for kind in KINDS for over in ("plain", "tls")]


@dataclass(frozen=True)
class Found:
    """What slowhttptest says of each way, what usual clients met with, and the proxy's log."""

    said: dict[tuple[str, str], str]
    seconds: dict[tuple[str, str], list[dict[str, str]]]
    usual: Load
    log: list[dict[str, object]]


def serve(conversation: Conversation) -> None:
    """Answer with little, or with much to those that read slowly."""
    while head := conversation.read_request():
        conversation.answer(bytes(5_000_000) if b" /much " in head else b"ok")


def attack(folder: Path, kind: str, over: str, url: str) -> subprocess.Popen[str]:
    path = "much" if kind == "slow reading" else ""
    return subprocess.Popen(
        [
            *(command("slowhttptest"), *KINDS[kind], "-u", url + path),
            *("-c", str(CONNECTIONS), "-r", "100", "-l", str(WATCHED), "-p", "20"),
            *("-g", "-o", str(folder / f"{kind}, {over}")),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("slow")
    timeouts = f"timeouts: {{head: {LIMIT}, body: {LIMIT}, send: {LIMIT}}}"
    with Upstream(serve) as upstream, site(folder, upstream.url, more=timeouts) as proxy:
        with load(proxy.port("plain")) as usual:
            attacks = {
                (kind, over): attack(folder, kind, over, proxy.url(over)) for kind, over in WAYS
            }
            said = {
                way: one.communicate(timeout=WATCHED + PATIENCE)[0] for way, one in attacks.items()
            }
        assert proxy.proxy.stop() == 0
        lines = [json.loads(line) for line in proxy.log.read_text().splitlines()]
    seconds = {
        way: list(csv.DictReader((folder / f"{', '.join(way)}.csv").read_text().splitlines()))
        for way in WAYS
    }
    return Found(said, seconds, usual, lines)


@pytest.mark.parametrize("way", WAYS, ids=", ".join)
def test_every_slow_connection_is_closed_when_its_time_is_over(
    found: Found, way: tuple[str, str]
) -> None:
    assert "No open connections left" in found.said[way]


@pytest.mark.parametrize("kind", KINDS)
def test_the_log_says_why_they_were_closed(found: Found, kind: str) -> None:
    ends = Counter((line["status"], line.get("error")) for line in found.log)
    assert ends[CLOSED[kind]] == 2 * CONNECTIONS


@pytest.mark.parametrize("way", WAYS, ids=", ".join)
def test_the_service_is_available_all_the_while(found: Found, way: tuple[str, str]) -> None:
    assert all(int(second["Service Available"]) for second in found.seconds[way])


def test_usual_clients_see_no_error(found: Found) -> None:
    assert found.usual.failures == []
