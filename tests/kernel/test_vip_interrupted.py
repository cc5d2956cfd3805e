# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed at any moment leaves a host that the next run converges."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
ENTRY = """
import json, sys
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
params = json.load(sys.stdin)
print("ready", flush=True)
converge_addresses(params, False, False)
"""
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


def start(namespace: Namespace, params: dict[str, Any]) -> subprocess.Popen[str]:
    runner = subprocess.Popen(
        [sys.executable, "-c", ENTRY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(COLLECTIONS), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert runner.stdin is not None
    assert runner.stdout is not None
    json.dump({**params, "netns": namespace.name}, runner.stdin)
    runner.stdin.close()
    assert runner.stdout.readline() == "ready\n"
    return runner


def reap(runner: subprocess.Popen[str]) -> str:
    assert runner.stdout is not None
    assert runner.stderr is not None
    runner.wait()
    complaint = runner.stderr.read()
    runner.stdout.close()
    runner.stderr.close()
    return complaint


def test_kill_at_any_moment(namespace: Namespace) -> None:
    for address in OWN:
        namespace.ip("addr", "add", address, "dev", "eth0")
    chance = random.Random(20)
    scope = {"purge": True, "purge_scope": ["192.0.2.0/24", "2001:db8::/112"]}
    killed = 0
    longest = LONGEST
    for turn in range(LOOPS):
        config = declaration(turn)
        runner = start(namespace, {"config": config, **scope})
        time.sleep(chance.uniform(0.0, longest))
        runner.send_signal(signal.SIGKILL)
        reap(runner)
        if runner.returncode == -signal.SIGKILL:
            killed += 1
        else:
            # It was done already: the next one is killed within a shorter time.
            longest *= 0.9
        params = {"config": config, **scope, "netns": namespace.name}
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
                ]
            }
        )
    runners = [start(namespace, half) for half in halves]
    assert [reap(runner) for runner in runners] == ["", ""]
    assert [runner.returncode for runner in runners] == [0, 0]
    shown = [entry for entry in namespace.addresses() if entry["scope"] == "global"]
    assert len(shown) == 600
