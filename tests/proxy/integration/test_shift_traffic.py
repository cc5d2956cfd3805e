# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""playbooks/shift_traffic.yml at a proxy that runs and has clients."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running.declared import Declared, declaring, play
from running.service import PATIENCE
from running.upstream import Conversation, Upstream

from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT

PLAYBOOK = CHECKOUT / "playbooks" / "shift_traffic.yml"


def refusing(conversation: Conversation) -> None:
    """Answer every request with an error."""
    while conversation.read_request():
        conversation.send(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")


def refusing_but_the_probe(conversation: Conversation) -> None:
    """Answer the path / well, and every other one with an error."""
    while head := conversation.read_request():
        if head.startswith(b"GET / "):
            conversation.answer()
        else:
            conversation.send(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")


class Scene:
    """A proxy with a route from an old target; a new one waits."""

    def __init__(self, declared: Declared, old: Upstream, new: Upstream) -> None:
        self.declared = declared
        self.old, self.new = (f"http://127.0.0.1:{each.port}" for each in (old, new))
        declared.routes(name="www", owner="shop", targets=[self.old])

    def shift(self, *arguments: str, **variables: Any) -> tuple[int, str]:
        """Run the playbook; return what it changed, -1 when it failed, and what it said."""
        done = play(
            PLAYBOOK,
            *arguments,
            shift_traffic_hosts="localhost",
            shift_traffic_become=False,
            shift_traffic_socket=self.declared.socket,
            shift_traffic_route="www",
            shift_traffic_old=self.old,
            shift_traffic_new=self.new,
            shift_traffic_steps=[50, 100],
            **{"shift_traffic_pause": 0, **variables},
        )
        changed = re.search(r"changed=(\d+)", done.stdout)
        said = done.stdout + done.stderr
        return -1 if done.returncode or changed is None else int(changed[1]), said

    def targets(self) -> dict[str, int]:
        return {each["url"]: each["weight"] for each in self.declared.targets("www")}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with declaring(tmp_path) as declared, Upstream() as old, Upstream() as new:
        yield Scene(declared, old, new)


class Client:
    """Asks one thing after the other, on new connections, until it is told to end."""

    def __init__(self, port: int, path: str = "/") -> None:
        self.statuses: list[int] = []
        self._port = port
        self._path = path
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def end(self) -> None:
        self._ends.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._ends.wait(0.01):
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            connection.request("GET", self._path)
            self.statuses.append(connection.getresponse().status)
            connection.close()


def test_traffic_is_shifted_without_a_failed_request_and_then_there_is_nothing_to_do(
    scene: Scene,
) -> None:
    changed, said = scene.shift("--check")
    assert changed > 0, said
    assert scene.targets() == {scene.old: 1}

    client = Client(scene.declared.proxy.port)
    try:
        changed, said = scene.shift()
    finally:
        client.end()
    assert changed > 0, said
    assert scene.targets() == {scene.new: 100}
    assert client.statuses
    assert set(client.statuses) == {200}

    changed, said = scene.shift()
    assert changed == 0, said


def test_a_new_target_that_fails_the_probe_never_gets_traffic(scene: Scene) -> None:
    with Upstream(refusing) as broken:
        scene.new = f"http://127.0.0.1:{broken.port}"
        changed, said = scene.shift(shift_traffic_probe_tries=1)
    assert changed == -1
    assert "The targets of route www are as they were found. Probe the new target: " in said
    assert scene.targets() == {scene.old: 1}


def test_a_new_target_whose_requests_fail_gives_its_traffic_back(scene: Scene) -> None:
    with Upstream(refusing_but_the_probe) as broken:
        scene.new = f"http://127.0.0.1:{broken.port}"
        client = Client(scene.declared.proxy.port, "/page")
        try:
            changed, said = scene.shift(shift_traffic_pause=3)
        finally:
            client.end()
    assert changed == -1
    assert f"requests a second of {scene.new} fail with 50 percent of the traffic" in said
    assert scene.targets() == {scene.old: 1}


def test_a_route_without_the_targets_is_an_error_that_names_them(scene: Scene) -> None:
    scene.old, scene.new = "http://127.0.0.1:1", "http://127.0.0.1:2"
    changed, said = scene.shift()
    assert changed == -1
    assert "no declared route www with the target http://127.0.0.1:1" in said
