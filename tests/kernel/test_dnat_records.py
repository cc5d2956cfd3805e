# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles come back from their record, on this machine's kernel; writers are killed, or meet."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import BACKENDS
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.record import KINDS
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName, Store
from ansible_collections.sluice.edge.plugins.module_utils._state.command import main
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

KILLS = 50
CONFIG: list[dict[str, Any]] = [
    {
        "name": "www",
        "address": "192.0.2.1",
        "port": 80,
        "destinations": [{"address": "10.0.0.1", "weight": 3}, {"address": "10.0.0.2"}],
        "balancing": "round_robin",
        "affinity": 600,
        "sources": ["198.51.100.0/24"],
        "log": True,
        "comment": "the shop",
    },
    {
        "name": "dns",
        "address": "2001:db8::53",
        "port": 53,
        "protocol": "udp",
        "destinations": [{"address": "2001:db8:1::1", "port": 5353}],
        "masquerade": "always",
        "flush": "all",
    },
    {"name": "gone", "address": "192.0.2.1", "port": 25, "destinations": [], "on_empty": "drop"},
]


class Recorded:
    """A namespace, and records of its own, of the profiles of one backend."""

    def __init__(self, namespace: Namespace, directory: Path, backend: str) -> None:
        self.namespace = namespace
        self.backend = backend
        self.store = Store(str(directory / "state.d"))
        self.name = RecordName(KINDS[backend], namespace.name)

    def run(self, check: bool = False, **params: Any) -> dict[str, Any]:
        params.setdefault("persist", True)
        return converge_profiles(
            {**params, "netns": self.namespace.name, "backend": self.backend},
            check,
            True,
            store=self.store,
        )

    def command(self, word: str) -> int:
        return main(["--records", self.store.directory, word])

    def lose(self) -> None:
        """Do to the namespace what a reboot does."""
        self.run(config=[], purge=True, persist=False)
        for name in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"):
            self.namespace.set(name, "0")

    def seen(self) -> list[dict[str, Any]]:
        found = list_profiles({"netns": self.namespace.name, "backend": self.backend})
        profiles: list[dict[str, Any]] = found["profiles"]
        return profiles

    def parameter(self, name: str) -> str | None:
        return self.namespace.get(name)


@pytest.fixture(params=BACKENDS)
def recorded(namespace: Namespace, tmp_path: Path, request: pytest.FixtureRequest) -> Recorded:
    return Recorded(namespace, tmp_path, request.param)


def in_a_process(work: Callable[[], object]) -> int:
    pid = os.fork()
    if not pid:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def test_what_was_declared_is_there_again(recorded: Recorded) -> None:
    recorded.run(config=CONFIG)
    before = recorded.seen()
    assert len(before) == len(CONFIG)
    assert recorded.command("check") == 0
    recorded.lose()
    assert recorded.command("check") == 1
    assert recorded.command("apply") == 0
    assert recorded.seen() == before
    assert recorded.parameter("net.ipv4.ip_forward") == "1"
    assert recorded.parameter("net.ipv6.conf.all.forwarding") == "1"
    assert recorded.command("check") == 0
    assert not recorded.run(config=CONFIG)["changed"]


def test_withdrawn_profiles_go_and_come_back(recorded: Recorded) -> None:
    recorded.run(config=CONFIG)
    before = recorded.seen()
    assert recorded.command("withdraw") == 0
    assert recorded.seen() == []
    assert recorded.command("apply") == 0
    assert recorded.seen() == before


def test_what_was_exported_is_the_same_after_a_reboot(
    recorded: Recorded, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.run(config=CONFIG)
    recorded.command("export")
    exported = capsys.readouterr().out
    recorded.lose()
    recorded.command("apply")
    capsys.readouterr()
    recorded.command("export")
    assert capsys.readouterr().out == exported
    assert not recorded.run(config=json.loads(exported)[str(recorded.name)])["changed"]


def test_profiles_that_cannot_be_recorded_are_taken_back(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.run(config=CONFIG[:1])
    before, kernel = recorded.seen(), recorded.parameter("net.ipv6.conf.all.forwarding")

    def fail(_name: RecordName, _resources: Any) -> None:
        raise Unavailable("no space left")

    monkeypatch.setattr(recorded.store, "write", fail)
    with pytest.raises(Refused, match="no space left") as caught:
        recorded.run(config=CONFIG[1:], purge=True)
    assert caught.value.not_undone == []
    assert recorded.seen() == before
    assert recorded.parameter("net.ipv6.conf.all.forwarding") == kernel


def test_a_task_killed_at_any_moment_leaves_the_old_record_or_the_new_one(
    recorded: Recorded,
) -> None:
    chance = random.Random(9)
    configs = [CONFIG, [CONFIG[0], dict(CONFIG[1], port=54)]]
    found = []
    records = []
    for config in configs:
        recorded.run(config=config, purge=True)
        records.append(recorded.store.read(recorded.name))
    started = time.monotonic()
    recorded.run(config=configs[0], purge=True)
    usual = time.monotonic() - started

    def write_on() -> None:
        while True:
            for config in configs:
                recorded.run(config=config, purge=True)

    for _turn in range(KILLS):
        pid = in_a_process(write_on)
        time.sleep(chance.uniform(0.0, 3 * usual))
        os.kill(pid, signal.SIGKILL)
        assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL
        resources = recorded.store.read(recorded.name)
        assert resources in records
        found.append(records.index(resources))
    assert set(found) == {0, 1}, "the writers were killed before they wrote"
    assert recorded.command("apply") == 0
    assert recorded.command("check") == 0


def test_two_writers_of_a_hundred_profiles_each_lose_none(recorded: Recorded) -> None:
    def add(writer: int) -> None:
        for number in range(100):
            recorded.run(
                name="p%d-%d" % (writer, number),
                address="192.0.2.%d" % writer,
                port=1000 + number,
                destinations=[{"address": "10.0.0.1"}],
            )

    pids = [in_a_process(lambda writer=writer: add(writer)) for writer in (1, 2)]  # type: ignore[misc]
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0
    names = {"p%d-%d" % (writer, number) for writer in (1, 2) for number in range(100)}
    assert {each["name"] for each in recorded.store.read(recorded.name)} == names
    assert {each["name"] for each in recorded.seen()} == names
    assert recorded.command("check") == 0
