# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes that record at the same time lose nothing of each other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import converge_services
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName, Store
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses

COUNT = 100
Declare = Callable[[str, int], Dict[str, Any]]
KINDS: Dict[str, Any] = {
    "ipvs": (converge_services, lambda address, number: {"address": address, "port": number}),
    "dnat": (
        converge_profiles,
        lambda address, number: {
            "name": "p-%s-%d" % (address, number),
            "address": address,
            "port": number,
            "destinations": [{"address": "10.0.0.1"}],
        },
    ),
    "vip": (
        converge_addresses,
        lambda address, number: {"address": address, "interface": "eth%d" % number},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_two_writers_of_a_hundred_entries_each_lose_none(tmp_path: Path, kind: str) -> None:
    converge, declare = KINDS[kind]
    store = Store(str(tmp_path / "state.d"))

    def write(address: str) -> None:
        for number in range(1, COUNT + 1):
            task = dict(declare(address, number), persist=True, runtime=False)
            converge(task, False, False, store)

    pids = [_in_a_process(write, address) for address in ("192.0.2.1", "192.0.2.2")]
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0]
    found = store.read(RecordName(kind))
    assert len(found) == 2 * COUNT
    assert len({repr(each) for each in found}) == 2 * COUNT


def _in_a_process(work: Callable[[str], None], address: str) -> int:
    pid = os.fork()
    if not pid:
        status = 1
        try:
            work(address)
            status = 0
        finally:
            os._exit(status)
    return pid
