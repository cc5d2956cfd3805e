# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles in legacy xtables while others write too, and while we are killed."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command
from ansible_collections.sluice.edge.tests.kernel.runners import reap, start

IPTABLES = """
for number in $(seq 1 100); do
    iptables-legacy -w -t nat -A OUTPUT -d "192.0.2.77" -p tcp --dport "${number}" -j ACCEPT
done
"""


def many(turn: int, name: str = "p") -> list[dict[str, Any]]:
    """Return profiles of both families; every tenth has destinations in one turn only."""
    found = []
    for number in range(1, 101):
        six = number % 2
        net = "2001:db8::%x" if six else "192.0.2.%d"
        live = turn % 2 or number % 10
        found.append(
            {
                "name": "%s%d" % (name, number),
                "address": net % 1,
                "port": number,
                "protocol": "udp" if name == "q" else "tcp",
                "side": "client",
                "destinations": [
                    {"address": net % target, "weight": 1 + turn % 2} for target in (101, 102)
                ]
                if live
                else [],
                "masquerade": ("never", "always")[turn % 2],
            }
        )
    return found


def run(namespace: Namespace, config: list[dict[str, Any]]) -> dict[str, Any]:
    params = {"config": config, "purge": True, "netns": namespace.name, "backend": "iptables"}
    return converge_profiles(params, False, False)


def info(namespace: Namespace) -> dict[str, Any]:
    return list_profiles({"netns": namespace.name, "backend": "iptables"})


def begin(namespace: Namespace, params: dict[str, Any]) -> subprocess.Popen[str]:
    given = {**params, "netns": namespace.name, "backend": "iptables"}
    return start(converge_profiles, given, "iptc")


def test_kill_at_any_moment_leaves_each_profile_old_or_new(namespace: Namespace) -> None:
    chance = random.Random(5)
    states = []
    for turn in (0, 1):
        run(namespace, many(turn))
        states.append({each["name"]: each for each in info(namespace)["profiles"]})
    seen = Counter({"old": 0, "new": 0})
    killed = 0
    longest = 0.12
    for turn in range(50):
        runner = begin(namespace, {"config": many(turn), "purge": True})
        time.sleep(chance.uniform(0.0, longest))
        runner.send_signal(signal.SIGKILL)
        reap(runner)
        was_running = runner.returncode == -signal.SIGKILL
        killed += was_running
        # However quick this machine is, some are killed before their work and some after it.
        longest *= 1.1 if was_running else 0.8
        found = info(namespace)
        assert all(detail["damage"] == [] for detail in found["details"])
        assert {each["name"] for each in found["profiles"]} == set(states[0])
        for family in (".", ":"):
            here = [each for each in found["profiles"] if family in each["address"]]
            # A family's profiles are one commit: all are the old ones, or all the new.
            match = [
                which
                for which in (0, 1)
                if all(each == states[which][each["name"]] for each in here)
            ]
            assert match, "a mixture"
            seen["new" if match[0] == turn % 2 else "old"] += 1
    assert killed > 15, "the runs ended before they could be killed"
    assert all(seen.values()), seen
    run(namespace, many(0))
    assert info(namespace)["damage"] == []


def test_two_writers_and_iptables_at_a_time_lose_nothing(namespace: Namespace) -> None:
    runners = [begin(namespace, {"config": many(1, name)}) for name in ("p", "q")]
    others = subprocess.Popen(
        ["ip", "netns", "exec", namespace.name, "bash", "-ec", IPTABLES],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert [reap(runner) for runner in runners] == ["", ""]
    assert [runner.returncode for runner in runners] == [0, 0]
    _output, complaint = others.communicate()
    assert (others.returncode, complaint) == (0, "")
    assert len(info(namespace)["profiles"]) == 200
    saved = command("ip", "netns", "exec", namespace.name, "iptables-legacy-save", "-t", "nat")
    assert saved.count("-A OUTPUT -d 192.0.2.77/32") == 100
