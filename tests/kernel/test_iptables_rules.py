# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Profiles in legacy xtables on this machine's kernel: rules as iptables itself shows them."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    InvalidInput,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.layout import chain_of
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.source_hash import slot_of
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._kernel import lock
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables import writing
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command

FAMILIES = {4: "iptables-legacy", 6: "ip6tables-legacy"}
NETS = {4: ("192.0.2.%d", "198.51.100.%d"), 6: ("2001:db8::%x", "2001:db8:1::%x")}
FOREIGN = (
    "-t nat -N DOCKER",
    "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-t nat -A DOCKER -i docker0 -j RETURN",
    "-t nat -A DOCKER -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80",
    "-t nat -A POSTROUTING -o eth0 -m comment --comment sluice -j MASQUERADE",
    "-N SLUICE_NOT_OURS",
    "-A INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT",
    "-A INPUT -m statistic --mode nth --every 3 --packet 0 -j ACCEPT",
    "-A INPUT -j SLUICE_NOT_OURS",
    "-A FORWARD -m limit --limit 3/min -j LOG --log-prefix foreign",
    "-P FORWARD DROP",
)


class Host:
    """One namespace, converged by us and looked at by iptables."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    def run(self, params: dict[str, Any], check: bool = False) -> dict[str, Any]:
        params = {"backend": "iptables", **params, "netns": self.namespace.name}
        return converge_profiles(params, check, True)

    def info(self, backend: str = "iptables") -> dict[str, Any]:
        return list_profiles({"netns": self.namespace.name, "backend": backend})

    def iptables(self, family: int, words: str) -> str:
        return self.execute(FAMILIES[family], "-w", *words.split())

    def execute(self, *words: str) -> str:
        return command("ip", "netns", "exec", self.namespace.name, *words)

    def saved(self, family: int) -> str:
        """Return all rules without their counters and the time."""
        text = self.execute(FAMILIES[family] + "-save")
        return re.sub(r"(?m)^#.*\n", "", re.sub(r"\[\d+:\d+\]", "[0:0]", text))

    def foreign(self, family: int) -> str:
        """Return all rules that are not ours."""
        return "".join(
            line for line in self.saved(family).splitlines(True) if "SLUICE-" not in line
        )

    def restore(self, family: int) -> None:
        """Let iptables write all rules anew, as it does at boot."""
        saved = self.execute(FAMILIES[family] + "-save")
        subprocess.run(
            ["ip", "netns", "exec", self.namespace.name, FAMILIES[family] + "-restore"],
            input=saved,
            text=True,
            check=True,
        )


@pytest.fixture
def host(namespace: Namespace) -> Host:
    return Host(namespace)


def profile(family: int = 4, weights: tuple[int, ...] = (2, 1, 1), **more: Any) -> dict[str, Any]:
    captured, target = NETS[family]
    given = {
        "name": "www%d" % family,
        "address": captured % 1,
        "port": 80,
        "destinations": [
            {"address": target % number, "weight": weight}
            for number, weight in enumerate(weights, 1)
        ],
    }
    return {**given, **more}


def everything() -> list[dict[str, Any]]:
    """Return profiles that together need every match and target there is, in both families."""
    found = []
    for family in FAMILIES:
        kinds: list[dict[str, Any]] = [
            {"log": True, "log_prefix": "www: ", "comment": "für: alle", "weights": (0, 2, 1)},
            {"balancing": "round_robin", "masquerade": "always", "side": "proxy"},
            {"balancing": "source_hash", "protocol": "sctp", "side": "client"},
            {"protocol": "udp", "weights": (), "on_empty": "drop"},
            {"log": True, "log_rate": "1/day", "log_level": "debug", "weights": (0,)},
        ]
        sources = {4: ["10.0.0.0/8", "192.168.1.1"], 6: ["2001:db8:5::/48", "2001:db8::5"]}
        kinds.append({"sources": sources[family], "masquerade": "never"})
        kinds.append({"affinity": 600})
        for number, kind in enumerate(kinds):
            name = "p%d-%d" % (family, number)
            found.append(profile(family, **{"name": name, "port": 1000 + number, **kind}))
    return found


def test_foreign_rules_stay_byte_for_byte(host: Host) -> None:
    for family in FAMILIES:
        for words in FOREIGN:
            host.iptables(family, words)
    before = {family: host.saved(family) for family in FAMILIES}
    host.run({"config": everything()})
    assert {family: host.foreign(family) for family in FAMILIES} == before
    host.run({"config": everything()[::2], "purge": True})
    assert {family: host.foreign(family) for family in FAMILIES} == before
    host.run({"config": [], "purge": True})
    assert {family: host.saved(family) for family in FAMILIES} == before


def test_what_foreign_rules_counted_goes_on(host: Host) -> None:
    host.iptables(4, "-t nat -A OUTPUT -d 127.0.0.5 -c 7 700")
    host.run(profile())
    shown = host.execute("iptables-legacy-save", "-c", "-t", "nat")
    assert "[7:700] -A OUTPUT -d 127.0.0.5/32" in shown


def test_iptables_shows_all_and_gives_it_back_unchanged(host: Host) -> None:
    host.run({"config": everything()})
    found = host.info()
    for family in FAMILIES:
        assert "unsupported" not in host.saved(family)
        host.restore(family)
    assert host.info() == found
    assert found["damage"] == []
    assert host.run({"config": everything()})["operations"] == []
    assert host.run({"config": found["profiles"], "purge": True})["operations"] == []


def test_thresholds_are_exact(host: Host) -> None:
    host.run(profile(weights=(1, 2, 3, 5)))
    shown = re.findall(r"--probability (\S+)", host.saved(4))
    exact = [1 / 11, 2 / 10, 3 / 8]
    assert shown == ["%.11f" % (round(each * 2**31) / 2**31) for each in exact]


@pytest.mark.parametrize("family", [4, 6])
def test_drift_is_shown_and_repaired(host: Host, family: int) -> None:
    params = {"config": everything()}
    host.run(params)
    good = host.saved(family)
    chain = chain_of("p%d-0" % family)
    for damage in (
        "-t nat -D %s 1" % chain,
        "-t nat -D %s 2" % chain,
        "-t nat -A %s -j RETURN" % chain,
        "-t nat -F %s" % chain,
        "-t nat -D SLUICE-PREROUTING 3",
        "-t nat -I SLUICE-PREROUTING -p tcp -j RETURN",
        "-t nat -F SLUICE-POSTROUTING",
        "-t nat -D PREROUTING 1",
        "-t nat -A OUTPUT -j SLUICE-OUTPUT",
        "-t nat -I OUTPUT -j %s" % chain,
        "-t nat -N SLUICE-0123456789abcdef",
        "-F SLUICE-EMPTY",
        "-D INPUT 1",
        "-F INPUT",
        "-t nat -F",
    ):
        host.iptables(family, damage)
        predicted = host.run(params, check=True)
        assert predicted["changed"], damage
        assert host.run(params) == predicted
        assert host.saved(family) == good, damage
        assert not host.run(params)["changed"], damage


@pytest.mark.parametrize("family", [4, 6])
def test_source_hash_takes_the_destination_of_the_client(host: Host, family: int) -> None:
    bits = {4: 32, 6: 128}[family]
    net = "192.0.2.%d" if family == 4 else "2001:db8::%x"
    sources = [net % number for number in range(20, 60)]
    for source in sources:
        nodad = ["nodad"] if family == 6 else []
        host.namespace.ip("addr", "add", "%s/%d" % (source, bits), "dev", "lo", *nodad)
    flag = [] if family == 4 else ["-6"]
    host.namespace.ip(*flag, "route", "add", "default", "dev", "lo")
    weights = (3, 0, 1, 2)
    captured = NETS[family][0] % 1
    host.run(
        profile(family, weights, side="client", balancing="source_hash", protocol="udp", port=9999)
    )
    with network_namespace(host.namespace.name):
        for source in sources * 2:
            kind = socket.AF_INET if family == 4 else socket.AF_INET6
            with socket.socket(kind, socket.SOCK_DGRAM) as one:
                one.bind((source, 0))
                one.sendto(b"?", (captured, 9999))
    shares = [0, 0, 0, 2, 3, 3]
    expected = Counter(shares[slot_of(source, 6)] for source in sources * 2)
    (detail,) = host.info()["details"]
    counted = [entry["packets"] for entry in detail["destinations"]]
    assert counted == [expected[number] for number in range(4)]
    assert all(count for count, weight in zip(counted, weights) if weight)


def test_a_lock_that_is_held_too_long_is_named(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "LOCK_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(lock, "LOCK_TIMEOUT", 0.2)
    path = tmp_path / "xtables.lock"
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Refused, match="another process has held %s" % path) as caught:
            host.run(profile(side="client"))
        assert "nothing was changed" in str(caught.value)
    assert "SLUICE" not in host.saved(4)
    host.run(profile(side="client"))


def test_a_writer_without_the_lock_is_noticed_and_its_rule_kept(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import iptc

    commit = iptc.Table.commit
    lockless = {**os.environ, "XTABLES_LOCKFILE": str(tmp_path / "another.lock")}
    others: list[str] = []

    def raced(table: Any) -> None:
        if not others:
            others.append("-A OUTPUT -d 192.0.2.77/32 -j ACCEPT")
            words = ["iptables-legacy", "-t", "nat", *others[0].split()]
            # The process is in the namespace already.
            subprocess.run(words, check=True, env=lockless)
        commit(table)

    monkeypatch.setattr(iptc.Table, "commit", raced)
    host.run(profile())
    assert others[0] in host.saved(4)
    assert [each["name"] for each in host.info()["profiles"]] == ["www4"]


def test_a_chain_in_use_by_others_is_not_removed(host: Host) -> None:
    host.run(profile())
    host.iptables(4, "-t nat -N MINE")
    host.iptables(4, "-t nat -A MINE -j %s" % chain_of("www4"))
    before = host.saved(4)
    with pytest.raises(Refused, match="Too many links"):
        host.run({"name": "www4", "state": "absent"})
    assert host.saved(4) == before


def test_auto_uses_what_the_host_uses_and_keeps_to_it(host: Host) -> None:
    auto = profile(backend="auto", side="client")
    assert host.run(auto, check=True)["backend"] == "nftables"
    host.iptables(4, "-t nat -A OUTPUT -d 192.0.2.77 -j ACCEPT")
    assert host.run(auto)["backend"] == "iptables"
    host.iptables(4, "-t nat -D OUTPUT -d 192.0.2.77 -j ACCEPT")
    assert host.run(auto)["operations"] == []
    assert host.info("auto")["backend"] == "iptables"
    host.run({"name": "www4", "state": "absent"})
    assert host.run({**auto, "backend": "nftables"})["backend"] == "nftables"
    host.iptables(4, "-t nat -A OUTPUT -d 192.0.2.77 -j ACCEPT")
    assert host.run(auto)["backend"] == "nftables"


@pytest.mark.parametrize(("first", "second"), [("iptables", "nftables"), ("nftables", "iptables")])
def test_a_profile_that_the_other_backend_holds_is_refused(
    host: Host, first: str, second: str
) -> None:
    host.run(profile(backend=first, side="client"))
    for more in ({}, {"name": "other"}):
        with pytest.raises(InvalidInput, match="backend %s holds dnat profile www4" % first):
            host.run(profile(backend=second, side="client", **more))
    host.run(profile(backend=second, side="client", name="other", port=81))
    with pytest.raises(InvalidInput, match="backend: auto cannot tell"):
        host.run(profile(backend="auto", side="client"))
