# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any moment leaves a host that the next run converges."""

from __future__ import annotations

import random
import signal
import time
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace
from ansible_collections.sluice.edge.tests.kernel.runners import reap, start

LOOPS = 30
LONGEST = 0.12
"""Seconds after the start within which a run is killed at first."""
OWN = ("198.51.100.1/24", "198.51.100.2/24", "198.51.100.3/24")


def declaration(turn: int) -> list[dict[str, Any]]:
    """Return a list that differs from turn to turn in addresses, labels and lifetimes."""
    config: list[dict[str, Any]] = []
    for number in range(1, 201):
        label = "lo:%d" % (turn % 2)
        config.append({"address": "192.0.2.%d" % number, "interface": "lo", "label": label})
    for number in range(turn % 3, 200):
        config.append({"address": "2001:db8::%x" % (number + 1), "interface": "lo"})
    return config


def test_kill_at_any_moment(namespace: Namespace) -> None:
    for address in OWN:
        namespace.ip("addr", "add", address, "dev", "eth0")
    chance = random.Random(20)
    scope = {"purge": True, "purge_scope": ["192.0.2.0/24", "2001:db8::/112"]}
    killed = 0
    longest = LONGEST
    for turn in range(LOOPS):
        config = declaration(turn)
        params = {"config": config, **scope, "netns": namespace.name}
        runner = start(converge_addresses, params)
        time.sleep(chance.uniform(0.0, longest))
        runner.send_signal(signal.SIGKILL)
        reap(runner)
        if runner.returncode == -signal.SIGKILL:
            killed += 1
        else:
            # It was done already: the next one is killed within a shorter time.
            longest *= 0.9
        converge_addresses(params, False, False)
        assert not converge_addresses(params, False, False)["changed"]
        shown = {
            "%s/%d" % (entry["local"], entry["prefixlen"])
            for entry in namespace.addresses()
            if entry["scope"] == "global"
        }
        wanted = {
            "%s/%d" % (item["address"], 128 if ":" in item["address"] else 32) for item in config
        }
        assert shown == wanted | set(OWN)
    assert killed > LOOPS // 3, "the runs ended before they could be killed"


def test_two_runs_at_a_time_lose_nothing(namespace: Namespace) -> None:
    halves = []
    for interface in ("lo", "eth0"):
        halves.append(
            {
                "config": [
                    {
                        "address": "2001:db8:%d::%x" % (len(halves), number),
                        "interface": interface,
                        "nodad": True,
                        "announce_count": 0,
                    }
                    for number in range(1, 301)
                ],
                "netns": namespace.name,
            }
        )
    runners = [start(converge_addresses, half) for half in halves]
    assert [reap(runner) for runner in runners] == ["", ""]
    assert [runner.returncode for runner in runners] == [0, 0]
    shown = [entry for entry in namespace.addresses() if entry["scope"] == "global"]
    assert len(shown) == 600
