# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that are lost come back from their record, on this machine's kernel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName, Store
from ansible_collections.sluice.edge.plugins.module_utils._state.command import main
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

OWN = "198.51.100.1/24"
CONFIG = [
    {"address": "192.0.2.1", "interface": "eth0", "label": "eth0:www", "announce_count": 0},
    {"address": "192.0.2.2", "interface": "eth0", "preferred_lifetime": 0, "announce_count": 0},
    {"address": "192.0.2.3", "interface": "lo", "announce_count": 0},
    {"address": "2001:db8::1", "interface": "eth0", "announce_count": 0},
    {"address": "2001:db8::2", "interface": "lo", "announce_count": 0},
]


class Recorded:
    """A namespace, and records of its own."""

    def __init__(self, namespace: Namespace, directory: Path) -> None:
        self.namespace = namespace
        self.store = Store(str(directory / "state.d"))
        namespace.ip("addr", "add", OWN, "dev", "eth0")

    def run(self, check: bool = False, **params: Any) -> dict[str, Any]:
        params.setdefault("persist", True)
        return converge_addresses(
            {**params, "netns": self.namespace.name}, check, True, store=self.store
        )

    def command(self, word: str) -> int:
        return main(["--records", self.store.directory, word])

    def wipe(self) -> None:
        for interface in ("eth0", "lo"):
            self.namespace.ip("addr", "flush", "dev", interface, "scope", "global")

    def seen(self) -> set[tuple[Any, ...]]:
        return {
            (entry["interface"], entry["local"], entry["prefixlen"], entry.get("label"))
            for entry in self.namespace.addresses()
            if entry["scope"] == "global"
        }


@pytest.fixture
def recorded(namespace: Namespace, tmp_path: Path) -> Recorded:
    return Recorded(namespace, tmp_path)


def test_what_was_declared_is_there_again(recorded: Recorded) -> None:
    recorded.run(config=CONFIG)
    before = recorded.seen()
    assert recorded.command("check") == 0
    recorded.wipe()
    assert recorded.command("check") == 1
    assert recorded.command("apply") == 0
    # The host's own address is none of ours: whoever gave it the host gives it again.
    assert recorded.seen() == {entry for entry in before if entry[1] != "198.51.100.1"}
    assert recorded.command("check") == 0
    assert not recorded.run(config=CONFIG)["changed"]


def test_what_is_there_already_stays_untouched(recorded: Recorded) -> None:
    recorded.run(config=CONFIG)
    before = recorded.seen()
    assert recorded.command("apply") == 0
    assert recorded.seen() == before


def test_withdrawn_addresses_go_and_come_back(recorded: Recorded) -> None:
    own = recorded.seen()
    recorded.run(config=CONFIG)
    everything = recorded.seen()
    assert recorded.command("withdraw") == 0
    assert recorded.seen() == own
    assert recorded.command("apply") == 0
    assert recorded.seen() == everything


def test_an_address_that_another_host_has_meanwhile_stays_out_and_the_others_come_back(
    recorded: Recorded,
) -> None:
    recorded.run(config=CONFIG)
    recorded.wipe()
    recorded.namespace.neighbour.ip("addr", "add", "192.0.2.1/32", "dev", "eth0")
    assert recorded.command("apply") == 1
    shown = {entry[1] for entry in recorded.seen()}
    assert shown == {"192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2"}


def test_an_address_that_cannot_be_recorded_is_given_up_again(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded.run(config=CONFIG[:1])
    before = recorded.seen()

    def fail(_name: RecordName, _resources: Any) -> None:
        raise Unavailable("no space left")

    monkeypatch.setattr(recorded.store, "write", fail)
    with pytest.raises(Refused, match="no space left"):
        recorded.run(config=CONFIG[1:], purge=True, purge_scope=["192.0.2.0/24", "2001:db8::/64"])
    assert recorded.seen() == before


def test_without_runtime_the_namespace_is_not_entered(recorded: Recorded) -> None:
    before = recorded.seen()
    recorded.run(config=CONFIG, runtime=False)
    assert recorded.seen() == before
    assert recorded.command("apply") == 0
    assert {entry[1] for entry in recorded.seen()} > {"192.0.2.1", "2001:db8::2"}
