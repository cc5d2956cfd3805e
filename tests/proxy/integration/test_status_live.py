# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status of a proxy that runs: what it tells of its traffic, in numbers and on the page."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from running.admin_client import ask
from running.browser import browser
from running.client import Client
from running.forwarding import forwarded
from running.service import Running, running, until
from running.upstream import Conversation, Upstream

CONFIG = """
listen: 127.0.0.1:PORT
metrics: 127.0.0.1:METRICS
workers: 2
admin: {{listen: ["unix:{folder}/admin.sock"]}}
log: {{access: {{path: null}}}}
routes:
  - {{name: site, hosts: "*", targets: ["{target}"]}}
"""
UPGRADE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


@dataclass
class Live:
    """A proxy, its target, and who asks it."""

    proxy: Running
    folder: Path
    target: str

    def __post_init__(self) -> None:
        self.socket = str(self.folder / "admin.sock")

    def status(self) -> Any:
        answer = ask(self.socket, "GET", "/status")
        assert answer.status == 200
        return answer.json

    def request(self, number: int = 1) -> None:
        connection = HTTPConnection("127.0.0.1", self.proxy.port)
        for _unused in range(number):
            connection.request("GET", "/")
            assert connection.getresponse().read() is not None
        connection.close()

    def tunnel(self) -> Client:
        client = Client(("127.0.0.1", self.proxy.port), 30)
        client.send(UPGRADE)
        assert client.response().status == 101
        return client


def answer(conversation: Conversation) -> None:
    while request := conversation.read_request():
        if b"Upgrade:" in request or b"upgrade:" in request:
            conversation.send(SWITCHED)
            conversation.read_exactly(10**6)
            return
        conversation.answer()


@contextmanager
def live(folder: Path) -> Iterator[Live]:
    with Upstream(answer) as upstream:
        config = CONFIG.format(folder=folder, target=upstream.url)
        with running(folder, config, data_plane=None) as proxy:
            yield Live(proxy, folder, upstream.url)


def test_requests_are_told_with_their_rate_and_time(tmp_path: Path) -> None:
    with live(tmp_path) as one:
        one.status()
        one.request(20)
        status = one.status()

        (route,) = status["routes"]
        (target,) = route["targets"]
        for place in (status, route, target):
            assert place["traffic"]["total"] == 20
            assert place["traffic"]["per_second"] > 0
            assert 0 < place["traffic"]["p50"] <= place["traffic"]["p99"]
        assert (target["name"], target["health"], target["state"]) == (
            one.target,
            "unchecked",
            "active",
        )
        assert status["pid"] == one.proxy.process.pid
        assert {worker["pid"] for worker in status["workers"]} == set(one.proxy.workers())
        assert all(worker["answered"] < 10 for worker in status["workers"])
        assert [listener["address"] for listener in status["listeners"]] == [
            f"127.0.0.1:{one.proxy.port}"
        ]


def test_a_target_is_under_way_until_its_last_tunnel_ends(tmp_path: Path) -> None:
    def in_flight() -> int:
        number: int = one.status()["routes"][0]["targets"][0]["traffic"]["in_flight"]
        return number

    with live(tmp_path) as one:
        gauge = f'sluice_requests_in_flight{{route="site",target="{one.target}"}}'
        with one.tunnel(), one.tunnel() as last:
            assert in_flight() == 2
            assert one.proxy.number(gauge) == 2
            # Whoever reads the file again, what runs goes on as it began.
            one.proxy.reload()
            assert in_flight() == 2
            last.close()
            until(lambda: in_flight() == 1, "the end of one tunnel")
        until(lambda: in_flight() == 0, "the end of both tunnels")
        assert one.proxy.number(gauge) == 0


def test_what_a_former_program_has_is_under_way_in_the_next_one(tmp_path: Path) -> None:
    with live(tmp_path) as one:
        one.request(3)
        with one.tunnel():
            one.proxy.upgrade()
            status = one.status()
            assert status["traffic"]["in_flight"] == 1
            # The tunnel is counted when it ends.
            assert status["traffic"]["total"] == 3
            assert status["traffic"]["per_second"] == 0
            assert "leaving" in {worker["state"] for worker in status["workers"]}
        until(lambda: one.status()["traffic"]["in_flight"] == 0, "the end of the tunnel")


def test_the_death_of_a_worker_makes_nothing_negative_and_ends_what_it_had(tmp_path: Path) -> None:
    with live(tmp_path) as one:
        for _unused in range(4):
            one.request(5)
        one.status()
        tunnels = [one.tunnel() for _unused in range(8)]
        assert one.status()["traffic"]["in_flight"] == 8
        for pid in one.proxy.workers():
            os.kill(pid, signal.SIGKILL)
        told = []
        until(lambda: told.append(one.status()) or told[-1]["traffic"]["in_flight"] == 0)
        for status in told:
            for place in (status, status["routes"][0]):
                assert place["traffic"]["per_second"] >= 0
                assert place["traffic"]["failures_per_second"] >= 0
                assert place["traffic"]["total"] == 20
        for tunnel in tunnels:
            tunnel.close()


def test_another_log_level_holds_until_the_file_is_read_again(tmp_path: Path) -> None:
    with live(tmp_path) as one:
        assert one.status()["log_level"] == "info"
        assert ask(one.socket, "PUT", "/v1/log-level", {"level": "error"}).status == 200
        assert one.status()["log_level"] == "error"
        # What comes by the API is no reason to forget it.
        page = {"hosts": "other.test", "page": {"content": "other"}}
        before = one.proxy.said
        assert ask(one.socket, "PUT", "/v1/routes/other", page).status == 201
        assert one.status()["log_level"] == "error"
        assert one.proxy.said == before
        one.proxy.reload()
        assert one.status()["log_level"] == "info"
        assert "was read again" in one.proxy.said


def test_the_page_of_a_proxy_that_runs(tmp_path: Path) -> None:
    with live(tmp_path) as one, forwarded(tmp_path / "admin.sock") as port:
        with browser(tmp_path) as page:
            one.request(7)
            page.open(f"http://localhost:{port}/status?refresh=5")
            text = page.value("document.body.innerText")
            assert "serving" in text
            assert one.target in text
            with one.tunnel():
                page.value("refresh()")
                under_way = page.value(
                    "document.querySelector('#routes tbody tr [data-label=\"Under way\"]')"
                    ".innerText"
                )
                assert under_way == "1"
        assert page.wrong == []


def test_programs_get_json_and_people_a_page(tmp_path: Path) -> None:
    with live(tmp_path) as one:
        people = ask(one.socket, "GET", "/status", fields=[("Accept", "text/html,*/*;q=0.8")])
        assert people.fields["content-type"] == "text/html; charset=utf-8"
        assert "script-src 'sha256-" in people.fields["content-security-policy"]
        programs = ask(one.socket, "GET", "/status")
        assert programs.fields["content-type"] == "application/json"
        assert programs.json["routes"][0]["name"] == "site"
