# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services, servers and settings come back from their records, on a kernel that has IPVS.

Needs root and IPVS, so it runs in the test machine; see test_ipvs_on_real_kernel.py.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.servers import converge_servers
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import converge_services
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.converge import (
    converge_settings,
)
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName, Store
from ansible_collections.sluice.edge.plugins.module_utils._state.command import main
from ansible_collections.sluice.edge.tests.contract.kernels import IpvsUnderTest, real_ipvs

WEB = {"address": "192.0.2.1", "port": 80}
SERVICES: List[Dict[str, Any]] = [
    dict(
        WEB,
        scheduler="wrr",
        persistence=300,
        servers=[
            {"address": "198.51.100.1", "forward_method": "masquerade", "weight": 4},
            {"address": "198.51.100.2", "forward_method": "masquerade", "port": 8080},
        ],
    ),
    {"address": "2001:db8::1", "port": 53, "protocol": "udp", "scheduler": "mh"},
    {"fwmark": 7, "scheduler": "sh", "flags": ["sh-fallback"]},
]


class Director:
    """A kernel's IPVS in a namespace of its own, and records."""

    def __init__(self, kernel: IpvsUnderTest, directory: Path) -> None:
        self.kernel = kernel
        self.store = Store(str(directory / "state.d"))

    def declare(self) -> None:
        converge_services({"config": SERVICES, "persist": True}, False, True, self.store)
        converge_servers(
            {"service": {"fwmark": 7}, "address": "198.51.100.3", "persist": True},
            False,
            True,
            store=self.store,
        )
        converge_settings(
            {"timeouts": {"tcp": 77}, "conntrack": False, "persist": True}, False, True, self.store
        )

    def command(self, word: str) -> int:
        return main(["--records", self.store.directory, word])

    def wipe(self) -> None:
        params = {"config": [], "purge": True}
        converge_services(params, False, False)
        converge_settings({"timeouts": {"tcp": 900}}, False, False)
        assert self.kernel.read() == {}


@pytest.fixture
def director(tmp_path: Path) -> Iterator[Director]:
    with real_ipvs() as kernel:
        yield Director(kernel, tmp_path)


def test_what_was_declared_is_there_again(director: Director) -> None:
    director.declare()
    before = director.kernel.read()
    assert director.command("check") == 0
    director.wipe()
    assert director.command("check") == 1
    assert director.command("apply") == 0
    assert director.kernel.read() == before
    assert director.command("check") == 0


def test_withdrawn_services_come_back(director: Director) -> None:
    director.declare()
    before = director.kernel.read()
    assert director.command("withdraw") == 0
    assert director.kernel.read() == {}
    assert director.command("apply") == 0
    assert director.kernel.read() == before


def test_a_drained_server_comes_back_drained(director: Director) -> None:
    director.declare()
    drained = {"service": WEB, "address": "198.51.100.1", "state": "drained", "persist": True}
    converge_servers(drained, False, False, store=director.store)
    before = director.kernel.read()
    director.wipe()
    assert director.command("apply") == 0
    assert director.kernel.read() == before


def test_what_cannot_be_recorded_is_undone(
    director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    director.declare()
    before = director.kernel.read()

    def fail(*_arguments: Any) -> None:
        raise Unavailable("no space left")

    monkeypatch.setattr(director.store, "write", fail)
    with pytest.raises(Refused, match="no space left"):
        converge_services(
            {"config": [dict(WEB, scheduler="rr", servers=[])], "purge": True, "persist": True},
            False,
            False,
            director.store,
        )
    assert director.kernel.read() == before


def test_two_writers_of_a_hundred_services_each_lose_none(director: Director) -> None:
    pids = [_writer(director.store, "192.0.2.%d" % writer) for writer in (1, 2)]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    expected = {("192.0.2.%d" % writer, port) for writer in (1, 2) for port in range(1, 101)}
    found = director.store.read(RecordName("ipvs"))
    assert {(each["address"], each["port"]) for each in found} == expected
    assert len(director.kernel.read()) == len(expected)
    assert director.command("check") == 0


def _writer(store: Store, address: str) -> int:
    """Start a process that declares a hundred services, one task each; return its number."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            for port in range(1, 101):
                params = {"address": address, "port": port, "persist": True}
                converge_services(params, False, False, store)
            status = 0
        finally:
            os._exit(status)
    return pid
