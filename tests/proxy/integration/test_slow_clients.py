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
from running.service import PATIENCE, running
from running.upstream import Conversation, Upstream

CONNECTIONS = 50
LIMIT = "2s"
"""The proxy's time for a head, for content and for sending."""
WATCHED = 30
"""Seconds after which slowhttptest ends, if a connection is open still."""
KINDS = {
    # A line of the head each second, which goes on for ever.
    "slow head": ("-H", "-i", "1"),
    # Some bytes each second of a content of 8 KiB.
    "slow content": ("-B", "-i", "1", "-s", "8192"),
    # A small window, and 512 bytes taken each second.
    "slow reading": ("-X", "-n", "1", "-w", "512", "-y", "1024", "-z", "512"),
}
CLOSED = {
    "slow head": (408, "the head did not come in time"),
    "slow content": (408, "the content did not come in time"),
    "slow reading": (200, "the client did not take what was sent in time"),
}


@dataclass(frozen=True)
class Found:
    """What slowhttptest says of each kind, what usual clients met with, and the proxy's log."""

    said: dict[str, str]
    seconds: dict[str, list[dict[str, str]]]
    usual: Load
    log: list[dict[str, object]]


def serve(conversation: Conversation) -> None:
    """Answer with little, or with much to those that read slowly."""
    while head := conversation.read_request():
        conversation.answer(bytes(5_000_000) if b" /much " in head else b"ok")


def attack(folder: Path, kind: str, port: int) -> subprocess.Popen[str]:
    path = "much" if kind == "slow reading" else ""
    return subprocess.Popen(
        [
            *(command("slowhttptest"), *KINDS[kind], "-u", f"http://127.0.0.1:{port}/{path}"),
            *("-c", str(CONNECTIONS), "-r", "100", "-l", str(WATCHED), "-p", "5"),
            *("-g", "-o", str(folder / kind)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("slow")
    log = folder / "access.log"
    with Upstream(serve) as upstream:
        config = (
            "listen: ['127.0.0.1:PORT']\nworkers: 1\n"
            f"log: {{access: {{path: {log}}}}}\n"
            f"timeouts: {{head: {LIMIT}, body: {LIMIT}, send: {LIMIT}}}\n"
            f"routes: [{{name: all, targets: '{upstream.url}'}}]\n"
        )
        with running(folder, config, data_plane=None) as proxy:
            with load(proxy.port) as usual:
                attacks = {kind: attack(folder, kind, proxy.port) for kind in KINDS}
                said = {
                    kind: one.communicate(timeout=WATCHED + PATIENCE)[0]
                    for kind, one in attacks.items()
                }
            assert proxy.stop() == 0
    seconds = {
        kind: list(csv.DictReader((folder / f"{kind}.csv").read_text().splitlines()))
        for kind in KINDS
    }
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return Found(said, seconds, usual, lines)


@pytest.mark.parametrize("kind", KINDS)
def test_every_slow_connection_is_closed_when_its_time_is_over(found: Found, kind: str) -> None:
    assert max(int(second["Connected"]) for second in found.seconds[kind]) == CONNECTIONS
    assert "No open connections left" in found.said[kind]
    ends = Counter((line["status"], line.get("error")) for line in found.log)
    assert ends[CLOSED[kind]] == CONNECTIONS


@pytest.mark.parametrize("kind", KINDS)
def test_the_service_is_available_all_the_while(found: Found, kind: str) -> None:
    assert all(int(second["Service Available"]) for second in found.seconds[kind])


def test_usual_clients_see_no_error(found: Found) -> None:
    assert found.usual.failures == []
