# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles of destination NAT on this machine's kernel: real connections, real nftables."""

from __future__ import annotations

import itertools
import json
import math
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.tests.contract.bad_input.profiles import listed
from ansible_collections.sluice.edge.tests.kernel.edge import (
    PORT,
    REFUSED,
    SERVERS,
    SILENCE,
    VIP,
    Edge,
    ask,
    serving,
)
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command

COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
ENTRY = """
import json, sys
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
params = json.load(sys.stdin)
print("ready", flush=True)
converge_profiles(params, False, False)
"""
CONNECTIONS = 2000
_NUMBERS = itertools.count()


@pytest.fixture
def edge() -> Iterator[Edge]:
    stem = "sluice-dnat-%d-%d" % (os.getpid(), next(_NUMBERS))
    made = [Namespace(stem + end) for end in ("-c", "-h", "-s")]
    try:
        for one in made:
            command("ip", "netns", "add", one.name)
            one.ip("link", "set", "lo", "up")
        built = Edge(*made)
        built.connect()
        yield built
    finally:
        for one in made:
            subprocess.run(["ip", "netns", "del", one.name], check=False, capture_output=True)


@pytest.fixture
def served(edge: Edge) -> Iterator[Edge]:
    places = [(edge.servers, address, PORT) for family in (4, 6) for address in SERVERS[family]]
    with serving(places):
        yield edge


def profile(family: int = 4, weights: tuple[int, ...] = (2, 1, 1), **more: Any) -> dict[str, Any]:
    given = {
        "name": "www",
        "address": VIP[family],
        "port": 80,
        "side": "proxy",
        "destinations": [
            {"address": address, "port": PORT, "weight": weight}
            for address, weight in zip(SERVERS[family], weights)
        ],
    }
    return {**given, **more}


def label(address: str) -> str:
    return "%s %d" % (address, PORT)


def assert_share(answers: Counter[str], family: int, weights: tuple[int, ...]) -> None:
    total = sum(answers.values())
    for address, weight in zip(SERVERS[family], weights):
        share = weight / sum(weights)
        # 99.9 % of a normal distribution are within 3.29 deviations.
        slack = 3.29 * math.sqrt(total * share * (1 - share))
        assert abs(answers[label(address)] - total * share) <= slack, answers
    assert set(answers) <= {label(address) for address in SERVERS[family]}


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("side", ["client", "proxy", "server"])
def test_connections_are_shared_by_weight(served: Edge, side: str, kind: str, family: int) -> None:
    if side == "server":
        bits = 32 if family == 4 else 128
        served.host.ip("addr", "add", "%s/%d" % (VIP[family], bits), "dev", "lo")
    params = profile(family, side=side, protocol=kind)
    assert served.run(params, check=True) == served.run(params)
    assert served.run(params)["operations"] == []
    sources = {
        "client": [served.host],
        "proxy": [served.client],
        "server": [served.host, served.client],
    }[side]
    answers: Counter[str] = Counter()
    for source in sources:
        answers += ask(source, VIP[family], 80, kind, CONNECTIONS // len(sources))
    assert_share(answers, family, (2, 1, 1))
    (detail,) = served.info()["details"]
    assert sum(entry["packets"] for entry in detail["destinations"]) >= CONNECTIONS
    assert all(entry["bytes"] for entry in detail["destinations"])


def test_other_sides_are_not_captured(served: Edge) -> None:
    served.run(profile(side="client"))
    assert ask(served.client, VIP[4], 80, timeout=0.3) == {SILENCE: 1}
    served.run(profile(side="proxy"))
    assert ask(served.host, VIP[4], 80, timeout=0.3) == {SILENCE: 1}
    assert ask(served.client, VIP[4], 80)[SILENCE] == 0


def test_round_robin_takes_one_after_the_other(served: Edge) -> None:
    served.run(profile(weights=(1, 1, 1), balancing="round_robin"))
    assert ask(served.client, VIP[4], 80, times=30) == {
        label(address): 10 for address in SERVERS[4]
    }


@pytest.mark.parametrize("family", [4, 6])
def test_source_hash_sticks_to_the_client(served: Edge, family: int) -> None:
    served.run(profile(family, balancing="source_hash"))
    seen = set()
    for number in range(20, 60):
        if family == 4:
            source, bits = "10.9.1.%d" % number, 24
        else:
            source, bits = "2001:db8:1::%d" % number, 64
        nodad = ["nodad"] if family == 6 else []
        served.client.ip("addr", "add", "%s/%d" % (source, bits), "dev", "eth0", *nodad)
        answers = ask(served.client, VIP[family], 80, times=5, source=source)
        assert len(answers) == 1, answers
        seen |= set(answers)
    assert seen == {label(address) for address in SERVERS[family]}


@pytest.mark.parametrize("kind", ["tcp", "udp"])
def test_affinity_sticks_until_it_ends_or_the_destination_goes(served: Edge, kind: str) -> None:
    params = profile(weights=(1, 1, 1), affinity=2, protocol=kind)
    served.run(params)
    assert len(ask(served.client, VIP[4], 80, kind, 40)) == 1
    time.sleep(2.5)
    met: Counter[str] = Counter()
    for _turn in range(3):
        answers = ask(served.client, VIP[4], 80, kind, 20)
        assert len(answers) == 1, answers
        met += answers
        time.sleep(0.2)
    params["affinity"] = 600
    served.run(params)
    (kept,) = ask(served.client, VIP[4], 80, kind, 40)
    gone = kept.split()[0]
    left = [entry for entry in params["destinations"] if entry["address"] != gone]
    served.run({**params, "destinations": left})
    (other,) = ask(served.client, VIP[4], 80, kind, 40)
    assert other != kept
    assert served.run({**params, "destinations": left})["operations"] == []


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize("kind", ["tcp", "udp"])
@pytest.mark.parametrize("side", ["client", "proxy"])
def test_without_destinations_clients_are_told_or_left_waiting(
    served: Edge, side: str, kind: str, family: int
) -> None:
    source = served.host if side == "client" else served.client
    empty = profile(family, side=side, protocol=kind, destinations=[])
    served.run({**empty, "on_empty": "reject"})
    assert ask(source, VIP[family], 80, kind, 3) == {REFUSED: 3}
    served.run({**empty, "on_empty": "drop"})
    silent = ask(source, VIP[family], 80, kind, timeout=0.3)
    # What the host itself sends is not swallowed unseen: the call says so.
    assert set(silent) <= {SILENCE, REFUSED}
    if side == "proxy":
        assert silent == {SILENCE: 1}


@pytest.mark.parametrize("family", [4, 6])
def test_a_server_reaches_itself_only_masqueraded(served: Edge, family: int) -> None:
    own = SERVERS[family][0]
    served.run(profile(family, (1,), masquerade="hairpin"))
    assert ask(served.servers, VIP[family], 80, source=own, times=5) == {label(own): 5}
    served.run(profile(family, (1,), masquerade="never"))
    assert ask(served.servers, VIP[family], 80, source=own, timeout=0.3) == {SILENCE: 1}


def test_masquerade_always_needs_no_way_back(served: Edge) -> None:
    served.servers.ip("route", "del", "default")
    served.run(profile(masquerade="hairpin"))
    assert ask(served.client, VIP[4], 80, timeout=0.3) == {SILENCE: 1}
    served.run(profile(masquerade="always"))
    assert ask(served.client, VIP[4], 80, times=20)[SILENCE] == 0


def test_only_allowed_sources_are_captured(served: Edge) -> None:
    served.client.ip("addr", "add", "10.9.1.77/24", "dev", "eth0")
    served.run(profile(sources=["10.9.1.64/26", "192.0.2.0/24"]))
    assert ask(served.client, VIP[4], 80, source="10.9.1.77", times=5)[SILENCE] == 0
    assert ask(served.client, VIP[4], 80, source="10.9.1.2", timeout=0.3) == {SILENCE: 1}


def test_a_loopback_destination_is_reached_from_the_network(edge: Edge) -> None:
    params = profile(destinations=[{"address": "127.0.0.1", "port": PORT}])
    with serving([(edge.host, "127.0.0.1", PORT)]):
        with pytest.raises(InvalidInput, match="route_localnet"):
            edge.run({**params, "manage_sysctl": False})
        result = edge.run(params)
        assert "route_localnet" in result["diff"]["after"]
        assert "ip_forward" not in result["diff"]["after"]
        assert ask(edge.client, VIP[4], 80) == {"127.0.0.1 %d" % PORT: 1}


def test_udp_clients_that_keep_sending_are_moved(served: Edge) -> None:
    import socket

    from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import (
        network_namespace,
    )

    served.run(profile(weights=(1,), protocol="udp"))
    with network_namespace(served.client.name):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with one:
        one.settimeout(1)
        one.connect((VIP[4], 80))
        one.send(b"?")
        assert one.recv(64).decode() == label(SERVERS[4][0])
        other = [{"address": SERVERS[4][1], "port": PORT}]
        assert "warnings" not in served.run(profile(destinations=other, protocol="udp"))
        one.send(b"?")
        assert one.recv(64).decode() == label(SERVERS[4][1])


def test_drift_is_shown_and_repaired_and_foreign_tables_stay(served: Edge) -> None:
    foreign = "table ip other { chain c { type filter hook input priority 0; tcp dport 1 drop; }; }"
    served.nft(foreign)
    before = served.nft("list", "table", "ip", "other")
    params = profile(affinity=60, sources=["10.0.0.0/8"], log=True, comment="a remark")
    served.run(params)
    good = served.nft("-s", "list", "table", "inet", "sluice")
    for damage in (
        "delete element inet sluice slots4_proxy_tcp { 203.0.113.10 . tcp . 80 . 1 }",
        "delete element inet sluice profiles4_proxy { 203.0.113.10 . tcp . 80 }",
        "add element inet sluice masquerade4_proxy { 203.0.113.10 . tcp . 80 }",
        "add rule inet sluice prerouting drop",
        "flush chain inet sluice postrouting",
        "add chain inet sluice mine",
        "flush set inet sluice traffic4_proxy",
        "delete table inet sluice",
    ):
        served.nft(damage)
        predicted = served.run(params, check=True)
        assert predicted["changed"], damage
        assert served.run(params) == predicted
        assert not served.run(params)["changed"], damage
        assert sorted(served.nft("-s", "list", "table", "inet", "sluice").split("\n")) == sorted(
            good.split("\n")
        ), damage
    assert served.nft("list", "table", "ip", "other") == before
    served.run({"name": "www", "state": "absent"})
    assert served.nft("list", "ruleset") == before


def test_info_is_a_declaration_of_what_is_there(edge: Edge) -> None:
    config = [
        profile(name="a", affinity=5, comment="für alle: 1"),
        profile(6, name="b", side="client", balancing="source_hash", masquerade="always"),
        profile(6, name="c", side="proxy", sources=["2001:db8::/32", "2001:db9::1"], port=81),
        profile(name="d", protocol="udp", log=True, log_level="warn", log_rate="3/minute"),
        profile(name="e", protocol="sctp", destinations=[], on_empty="drop", weights=()),
        profile(name="f", port=82, weights=(0, 6, 4), balancing="round_robin"),
    ]
    edge.run({"config": config})
    found = edge.info()
    assert found["damage"] == []
    assert not edge.run({"config": found["profiles"], "purge": True})["changed"]
    before = edge.nft("-s", "list", "ruleset")
    edge.run({"config": [], "purge": True})
    assert edge.nft("list", "ruleset") == ""
    edge.run({"config": found["profiles"]})
    assert edge.nft("-s", "list", "ruleset") == before


def test_wrong_input_changes_nothing(edge: Edge) -> None:
    edge.run(profile(name="there"))
    before = edge.nft("-s", "list", "ruleset")
    for params, reason in listed():
        with pytest.raises(InvalidInput) as caught:
            edge.run(params)
        assert reason in str(caught.value)
        assert "\n" not in str(caught.value)
    assert edge.nft("-s", "list", "ruleset") == before


def test_replacing_destinations_under_load_refuses_nobody(served: Edge) -> None:
    served.run(profile())
    answers: Counter[str] = Counter()
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            answers.update(ask(served.client, VIP[4], 80, times=20))

    clients = [threading.Thread(target=load) for _client in range(2)]
    for each in clients:
        each.start()
    started = time.monotonic()
    for turn in range(30):
        weights = ((2, 1, 1), (1,), (1, 5), (0, 0, 1))[turn % 4]
        served.run(profile(weights=weights))
        time.sleep(0.05)
    seconds = time.monotonic() - started
    done.set()
    for each in clients:
        each.join()
    assert sum(answers.values()) / seconds > 200
    assert set(answers) == {label(address) for address in SERVERS[4]}, answers


def start(edge: Edge, params: dict[str, Any]) -> subprocess.Popen[str]:
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
    json.dump({**params, "netns": edge.host.name}, runner.stdin)
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


def many(turn: int, prefix: str = "p") -> list[dict[str, Any]]:
    return [
        profile(
            name="%s%d" % (prefix, number),
            port=number,
            protocol="udp" if prefix == "q" else "tcp",
            weights=(1, 1 + turn % 2, 1),
            masquerade=("never", "always")[turn % 2],
        )
        for number in range(1, 101)
    ]


def test_kill_at_any_moment_leaves_the_old_or_the_new(edge: Edge) -> None:
    chance = random.Random(3)
    states = []
    for turn in (0, 1):
        edge.run({"config": many(turn), "purge": True})
        states.append(edge.info()["profiles"])
    assert states[0] != states[1]
    seen = Counter({"old": 0, "new": 0})
    killed = 0
    for turn in range(50):
        runner = start(edge, {"config": many(turn), "purge": True})
        time.sleep(chance.uniform(0.0, 0.15))
        runner.send_signal(signal.SIGKILL)
        reap(runner)
        killed += runner.returncode == -signal.SIGKILL
        found = edge.info()
        assert found["damage"] == []
        assert all(detail["damage"] == [] for detail in found["details"])
        assert found["profiles"] in states
        seen["new" if found["profiles"] == states[turn % 2] else "old"] += 1
    assert killed > 15, "the runs ended before they could be killed"
    assert all(seen.values()), seen


def test_two_writers_at_a_time_lose_nothing(edge: Edge) -> None:
    runners = [start(edge, {"config": many(0, prefix)}) for prefix in ("p", "q")]
    assert [reap(runner) for runner in runners] == ["", ""]
    assert [runner.returncode for runner in runners] == [0, 0]
    assert len(edge.info()["profiles"]) == 200
