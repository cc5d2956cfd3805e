# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages of our table against the nft command: the same words make the same table."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.reading import (
    read_listing,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.expressions import (
    Rule,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.messages import (
    SUBSYSTEM,
    delete_set,
    new_table,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.plugins.module_utils._kernel.nfnetlink import (
    NetfilterRefused,
    Nfnetlink,
)
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command
from ansible_collections.sluice.edge.tests.kernel.nft_text import table_of

ADDRESS = {4: "203.0.113.%d", 6: "2001:db8:f::%d"}
SERVER = {4: "10.9.2.%d", 6: "2001:db8:2::%d"}


def profile(number: int, family: int = 4, servers: int = 2, **more: Any) -> dict[str, Any]:
    given = {
        "name": "p%d" % number,
        "address": ADDRESS[family] % number,
        "port": 80,
        "destinations": [
            {"address": SERVER[family] % (index + 1), "port": 8080, "weight": index + 1}
            for index in range(servers)
        ],
    }
    return {**given, **more}


CONFIGS = {
    "plain": [profile(1), profile(2, 6)],
    "sides": [profile(number, side=side) for number, side in enumerate(("client", "proxy"), 1)],
    "sides of IPv6": [
        profile(number, 6, side=side) for number, side in enumerate(("client", "proxy"), 1)
    ],
    "protocols": [
        profile(number, protocol=protocol)
        for number, protocol in enumerate(("tcp", "udp", "sctp"), 1)
    ],
    "balancing": [
        profile(number, family, servers, balancing=balancing)
        for number, (family, servers, balancing) in enumerate(
            (family, servers, balancing)
            for family in (4, 6)
            for servers in (1, 3)
            for balancing in ("random", "round_robin", "source_hash")
        )
    ],
    "affinity": [profile(1, affinity=60), profile(2, affinity=604800, protocol="udp")],
    "masquerade": [
        profile(number, family, masquerade=way)
        for number, (family, way) in enumerate(
            (family, way) for family in (4, 6) for way in ("never", "hairpin", "always")
        )
    ],
    "sources": [
        profile(1, sources=["10.0.0.0/8", "192.0.2.1", "198.51.100.0/25"]),
        profile(2, 6, sources=["2001:db8::/32", "2001:db9::1"]),
    ],
    "no destinations": [
        profile(1, servers=0),
        profile(2, servers=0, on_empty="drop", protocol="udp"),
        profile(3, 6, servers=0),
    ],
    "log": [
        profile(1, log=True),
        profile(2, log=True, log_level="warn", log_prefix="web: ", log_rate="3/minute"),
        profile(3, 6, log=True, log_level="debug", log_rate="1/day"),
        profile(4, log=True, log_level="emerg", log_rate="7/hour"),
    ],
    "comment": [profile(1, comment="für alle: 1")],
}


def nft(place: Namespace, *words: str, text: str = "") -> str:
    done = subprocess.run(
        ["ip", "netns", "exec", place.name, "nft", *words],
        check=False,
        capture_output=True,
        text=True,
        input=text,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def listed(place: Namespace) -> Any:
    """Return what the kernel lists of the table, in our reading of it."""
    with network_namespace(place.name), Nfnetlink(SUBSYSTEM) as netfilter:
        _generation, found = read_listing(netfilter)
    assert found is not None
    return found


def words(text: str) -> list[str]:
    """Return the words of a listing: the kernel lists elements in no order."""
    return sorted(text.replace(",", " ").split())


def without_swaps(rule: Rule) -> Rule:
    """Leave out what nft 1.0.6 adds for the protocol in a key of ranges; it swaps nothing."""
    return tuple(expression for expression in rule if expression.name != "byteorder")


@pytest.mark.parametrize("name", CONFIGS)
def test_the_kernel_has_what_nft_would_have_written(namespace: Namespace, name: str) -> None:
    ours, theirs = namespace, namespace.neighbour
    declaration = read_declaration({"config": CONFIGS[name]})
    text = table_of(each.profile for each in declaration.profiles if each.profile is not None)
    nft(theirs, "-f", "-", text=text)
    converge_profiles({"config": CONFIGS[name], "netns": ours.name}, False, False)
    assert words(nft(ours, "-s", "list", "ruleset")) == words(nft(theirs, "-s", "list", "ruleset"))
    here, there = listed(ours), listed(theirs)
    assert here.sets == there.sets
    assert here.elements == there.elements
    assert here.chains.keys() == there.chains.keys()
    for chain, (header, rules) in here.chains.items():
        other, others = there.chains[chain]
        assert header == other
        assert rules == [without_swaps(rule) for rule in others], chain


@pytest.mark.parametrize("name", CONFIGS)
def test_what_nft_lists_can_be_loaded_again(namespace: Namespace, name: str) -> None:
    params = {"config": CONFIGS[name], "netns": namespace.name}
    converge_profiles(params, False, False)
    before = nft(namespace, "list", "ruleset")
    nft(namespace, "-f", "-", text="flush ruleset\n" + before)
    assert nft(namespace, "list", "ruleset") == before
    assert not converge_profiles(params, False, False)["changed"]


def test_affinity_of_ipv6_is_listed(namespace: Namespace) -> None:
    params = {"config": [profile(1, 6, affinity=60)], "netns": namespace.name}
    assert converge_profiles(params, False, False)["changed"]
    assert not converge_profiles(params, False, False)["changed"]
    text = nft(namespace, "list", "ruleset")
    assert (
        "update @affinity6_server { ct original ip6 daddr . meta l4proto . ct original proto-dst"
        " . ct original ip6 saddr timeout 1m : ct reply ip6 saddr . ct reply proto-src }" in text
    )


def test_a_rule_changed_in_place_is_damage(namespace: Namespace) -> None:
    params = {"config": [profile(1)], "netns": namespace.name}
    converge_profiles(params, False, False)
    before = nft(namespace, "list", "chain", "inet", "sluice", "prerouting")
    shown = nft(namespace, "-a", "list", "chain", "inet", "sluice", "prerouting")
    (handle,) = [line.split()[-1] for line in shown.splitlines() if "vmap" in line]
    nft(
        namespace,
        *("replace rule inet sluice prerouting handle %s" % handle).split(),
        "ip saddr . meta l4proto . th dport vmap @profiles4_server",
    )
    damage = list_profiles({"netns": namespace.name})["damage"]
    assert damage == ["rules of chain prerouting differ"]
    converge_profiles(params, False, False)
    assert nft(namespace, "list", "chain", "inet", "sluice", "prerouting") == before


def test_a_refused_batch_names_the_message_and_changes_nothing(namespace: Namespace) -> None:
    with network_namespace(namespace.name), Nfnetlink(SUBSYSTEM) as netfilter:
        wrong = delete_set("sluice", "nowhere")
        with pytest.raises(NetfilterRefused, match="No such file or directory") as caught:
            netfilter.commit([new_table("sluice"), wrong], 0)
        assert caught.value.message == wrong
        assert caught.value.stale
    assert nft(namespace, "list", "ruleset") == ""


def test_a_batch_for_another_generation_is_refused(namespace: Namespace) -> None:
    with network_namespace(namespace.name), Nfnetlink(SUBSYSTEM) as netfilter:
        generation, _listing = read_listing(netfilter)
        command("ip", "netns", "exec", namespace.name, "nft", "add", "table", "ip", "other")
        with pytest.raises(NetfilterRefused) as caught:
            netfilter.commit([new_table("sluice")], generation)
        assert caught.value.stale
        netfilter.commit([new_table("sluice")], read_listing(netfilter)[0])
    assert "table inet sluice" in nft(namespace, "list", "ruleset")
