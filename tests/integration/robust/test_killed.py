# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that is killed leaves a kernel that the next run converges."""

from __future__ import annotations

import os
import select
import time
from functools import partial
from typing import Any, Dict, List, Optional, Sequence

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import (
    Operation,
    Refusal,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import Entry
from ansible_collections.sluice.edge.tests.integration.robust.director import Director, Process

ANYWHERE, WHILE_WRITING = 10, 20
SERVICES, SERVERS = 20, 100


def config(variant: int) -> List[Dict[str, Any]]:
    """Return a state of 2,000 servers; of two variants, half of the servers and all else differ."""
    return [
        {
            "address": "192.0.2.100",
            "port": 1000 + number,
            "scheduler": ("rr", "wrr")[variant],
            "servers": [
                {
                    "address": "198.51.%d.%d" % (100 + number, last),
                    "weight": 1 + variant,
                    "forward_method": ("masquerade", "direct")[variant],
                }
                for last in range(1 + variant * SERVERS // 2, 1 + SERVERS + variant * SERVERS // 2)
            ],
        }
        for number in range(SERVICES)
    ]


class Writing:
    """Tells this process when a forked one begins to write."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._told, telling = os.pipe()
        apply = IpvsDriver.apply

        def telling_apply(
            driver: IpvsDriver, operations: Sequence[Operation[Entry]]
        ) -> List[Optional[Refusal]]:
            os.write(telling, b"x")
            refused: List[Optional[Refusal]] = apply(driver, operations)
            return refused

        monkeypatch.setattr(IpvsDriver, "apply", telling_apply)

    def wait(self) -> float:
        """Return when, once it begins."""
        assert select.select([self._told], [], [], 60)[0], "it never wrote"
        os.read(self._told, 1)
        return time.monotonic()

    def forget(self) -> None:
        """Leave nothing of one process for the next."""
        while select.select([self._told], [], [], 0)[0]:
            os.read(self._told, 4096)


def test_a_run_killed_at_any_moment_of_a_change_of_2000_servers_is_made_good_by_the_next(
    director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    variants = [config(0), config(1)]
    director.run("ipvsadm", "-A", "-t", "192.0.2.200:80", "-s", "sh")
    director.run("ipvsadm", "-a", "-t", "192.0.2.200:80", "-r", "198.51.100.200", "-w", "7")
    foreign = director.table().splitlines()
    director.services(config=variants[0])
    tables = {0: director.table()}
    writing = Writing(monkeypatch)
    started = time.monotonic()
    process = Process(lambda: director.services(config=variants[1]))
    began = writing.wait()
    process.wait()
    ended = time.monotonic()
    tables[1] = director.table()
    assert tables[0] != tables[1]

    moments = [(False, (ended - started) * (at + 0.5) / ANYWHERE) for at in range(ANYWHERE)]
    moments += [(True, (ended - began) * at / WHILE_WRITING) for at in range(WHILE_WRITING)]
    halfway = 0
    for number, (after_beginning, pause) in enumerate(moments):
        target = number % 2
        writing.forget()
        process = Process(partial(director.services, config=variants[target]))
        if after_beginning:
            writing.wait()
        time.sleep(pause)
        process.kill()
        halfway += director.table() not in tables.values()
        director.services(config=variants[target])
        converged = director.table()
        assert converged == tables[target]
        assert set(foreign) <= set(converged.splitlines())
    assert halfway >= WHILE_WRITING // 4, "hardly a run was killed while it wrote"
