# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For any two lists of profiles: converging gives what is declared, failing gives what was."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    InvalidInput,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._dnat.driver import DnatDriver
from ansible_collections.sluice.edge.plugins.module_utils._dnat.host import Host, flushes_of
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import describe
from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import Profile
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.backend import (
    NftablesBackend,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire import (
    elements as wire,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.expressions import (
    DROP,
    verdict,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire.messages import (
    DELETE_ELEMENT,
    GET_ELEMENT,
    NEW_ELEMENT,
    PLAIN,
    new_chain,
    new_rule,
    new_set,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.nfnetlink import Message
from ansible_collections.sluice.edge.tests.fakes.dnat import DORMANT, FakeSet, FakeTables

Config = List[Dict[str, Any]]


def apply(fake: FakeTables, params: dict[str, Any], check: bool = False) -> dict[str, Any]:
    declaration = read_declaration(params)
    driver = DnatDriver(NftablesBackend(fake), fake, lambda: fake, flushes_of(declaration))
    host = Host(driver, declaration, lambda _address: False)
    result = host.converge(check).as_result("DNAT", True)
    return dict(result, warnings=host.warnings)


def profiles(fake: FakeTables) -> dict[str, Profile]:
    return {profile.title: profile for profile in NftablesBackend(fake).read()[1]}


def declared(config: Config) -> dict[str, Profile]:
    entries = read_declaration({"config": config}).profiles
    return {entry.title: entry.profile for entry in entries if entry.profile is not None}


@st.composite
def configs(draw: st.DrawFn) -> Config:
    found = []
    names = draw(st.lists(st.sampled_from("abcdef"), max_size=5, unique=True))
    for name in names:
        six = draw(st.booleans())
        net = "2001:db8::%x" if six else "192.0.2.%d"
        numbers = draw(st.lists(st.integers(100, 104), max_size=4, unique=True))
        item: dict[str, Any] = {
            "name": name,
            # Each name has addresses of its own, so that no two clash.
            "address": net % (ord(name) - 90),
            "port": draw(st.sampled_from([80, 443])),
            "protocol": draw(st.sampled_from(["tcp", "udp"])),
            "side": draw(st.sampled_from(["client", "proxy", "server"])),
            "destinations": [
                {"address": net % number, "weight": draw(st.sampled_from([0, 1, 2, 6]))}
                for number in numbers
            ],
            "balancing": draw(st.sampled_from(["random", "round_robin", "source_hash"])),
            "affinity": draw(st.sampled_from([0, 0, 10, 600])),
            "masquerade": draw(st.sampled_from(["never", "hairpin", "always"])),
            "on_empty": draw(st.sampled_from(["reject", "drop"])),
            "comment": draw(st.sampled_from([None, "a: comment"])),
        }
        if draw(st.booleans()):
            item["sources"] = (
                ["2001:db8:%d::/48" % draw(st.integers(1, 3))] if six else ["10.0.0.0/8"]
            )
        if draw(st.booleans()):
            item["log"] = True
            item["log_level"] = draw(st.sampled_from(["info", "warn"]))
        found.append(item)
    return found


def host_with(config: Config) -> FakeTables:
    fake = FakeTables()
    apply(fake, {"config": config})
    return fake


@given(configs(), configs())
def test_a_purge_converges_to_the_declaration(have: Config, want: Config) -> None:
    fake = host_with(have)
    params = {"config": want, "purge": True}
    predicted = apply(fake, params, check=True)
    assert apply(fake, params) == predicted
    assert profiles(fake) == declared(want)
    assert fake.exists == bool(want)
    assert apply(fake, params)["operations"] == []
    fresh = host_with(want)
    assert set(fake.sets) == set(fresh.sets), "something is left behind"
    assert {name: each.elements for name, each in fake.sets.items()} == {
        name: each.elements for name, each in fresh.sets.items()
    }
    assert {name: each.rules for name, each in fake.chains.items()} == {
        name: each.rules for name, each in fresh.chains.items()
    }


@given(configs(), configs())
def test_without_purge_what_is_not_listed_stays(have: Config, want: Config) -> None:
    fake = host_with(have)
    apply(fake, {"config": want})
    assert profiles(fake) == {**declared(have), **declared(want)}


@given(configs(), configs())
def test_a_failure_leaves_what_was_there(have: Config, want: Config) -> None:
    fake = host_with(have)
    before, parameters = profiles(fake), dict(fake.parameters)
    last = fake.commits
    fake.refuse = lambda number: number == last + 1
    failed = None
    try:
        apply(fake, {"config": want, "purge": True})
    except Refused as error:
        failed = error
    if failed is None:
        assert fake.commits == last, "the fault was not met"
    else:
        assert failed.not_undone == []
        assert "Cannot allocate memory" in str(failed)
        assert profiles(fake) == before
        assert fake.parameters == parameters


@given(configs())
def test_info_is_a_declaration_of_what_is_there(have: Config) -> None:
    fake = host_with(have)
    found = describe(NftablesBackend(fake))["profiles"]
    assert apply(fake, {"config": found, "purge": True})["operations"] == []
    assert declared(found) == declared(have)


@given(configs().filter(bool), st.data())
def test_an_element_lost_by_hand_is_put_back(have: Config, data: st.DataObject) -> None:
    fake = host_with(have)
    before = {name: dict(each.elements) for name, each in fake.sets.items()}
    filled = sorted(name for name, each in fake.sets.items() if each.elements)
    name = data.draw(st.sampled_from(filled))
    key = data.draw(st.sampled_from(sorted(fake.sets[name].elements)))
    del fake.sets[name].elements[key]
    assert apply(fake, {"config": have}, check=True)["changed"]
    assert apply(fake, {"config": have})["changed"]
    assert {name: dict(each.elements) for name, each in fake.sets.items()} == before
    assert not apply(fake, {"config": have})["changed"]


@given(configs().filter(bool), st.data())
def test_a_rule_lost_or_added_by_hand_is_set_right(have: Config, data: st.DataObject) -> None:
    fake = host_with(have)
    before = {name: list(each.rules) for name, each in fake.chains.items()}
    chain = fake.chains[data.draw(st.sampled_from(sorted(fake.chains)))]
    if data.draw(st.booleans()):
        chain.rules.pop(data.draw(st.integers(0, len(chain.rules) - 1)))
    else:
        chain.rules.insert(data.draw(st.integers(0, len(chain.rules))), (verdict(DROP),))
    result = apply(fake, {"config": have})
    assert result["changed"]
    assert "DAMAGED" in result["diff"]["before"]
    assert {name: list(each.rules) for name, each in fake.chains.items()} == before


def item(name: str, **more: Any) -> dict[str, Any]:
    given = {
        "name": name,
        "address": "192.0.2.1",
        "port": 80,
        "destinations": [{"address": "198.51.100.1"}],
    }
    return {**given, **more}


def test_one_changed_profile_touches_only_its_elements() -> None:
    fake = host_with([item("p%d" % number, port=number) for number in range(1, 51)])
    requests: list[Message] = []
    commit = fake.commit

    def record(messages: list[Message], generation: int) -> None:
        requests.extend(messages)
        commit(messages, generation)

    fake.commit = record  # type: ignore[method-assign, assignment]
    apply(fake, {"config": [item("p7", port=7, destinations=[{"address": "198.51.100.2"}])]})
    assert requests
    ours = parse_address("192.0.2.1").packed + b"\x06\0\0\0" + b"\0\x07\0\0"
    for message in requests:
        assert message.kind in (NEW_ELEMENT, DELETE_ELEMENT)
        name = wire.name_in(message.attributes)
        keys = list(wire.read(message.attributes, fake.sets[name].shape.key_length))
        assert all(key.startswith(ours) for key in keys)


def test_after_a_commit_only_what_it_touched_is_read() -> None:
    fake = host_with([item("p%d" % number, port=number) for number in range(1, 51)])
    fake.asked.clear()
    dumped = []
    dump = fake.dump

    def record(message: Message) -> list[bytes]:
        found = dump(message)
        dumped.append((message.kind, len(found)))
        return found

    fake.dump = record  # type: ignore[method-assign]
    apply(fake, item("p7", port=7, destinations=[{"address": "198.51.100.2"}]))
    listings = [kind for kind, _length in dumped if kind == GET_ELEMENT]
    assert len(listings) == len(fake.sets), "the elements were listed more than once"
    assert fake.asked.count(GET_ELEMENT) > len(listings), "nothing was read again"


def test_when_another_writes_too_everything_is_read_again() -> None:
    fake = host_with([item("a"), item("b", port=81)])
    commit = fake.commit

    def meddle(messages: list[Message], generation: int) -> None:
        commit(messages, generation)
        fake.commit = commit  # type: ignore[method-assign]
        fake.generation += 1
        fake.sets["slots4_server_tcp"].elements.clear()

    fake.commit = meddle  # type: ignore[method-assign, assignment]
    apply(fake, {"config": [item("a", masquerade="never"), item("b", port=81)]})
    assert len(fake.sets["slots4_server_tcp"].elements) == 2
    assert not apply(fake, {"config": [item("a", masquerade="never")]})["changed"]


def test_a_ruleset_that_changed_since_it_was_read_is_read_again() -> None:
    fake = host_with([item("a")])
    commit = fake.commit

    def late(messages: list[Message], generation: int) -> None:
        fake.commit = commit  # type: ignore[method-assign]
        fake.generation += 1
        commit(messages, generation)

    fake.commit = late  # type: ignore[method-assign, assignment]
    before = fake.commits
    apply(fake, item("a", masquerade="never"))
    assert fake.commits == before + 2
    assert profiles(fake)["a"].masquerade == "never"


def test_a_change_of_weight_keeps_the_counters() -> None:
    fake = host_with([item("a")])
    (traffic,) = (each for name, each in fake.sets.items() if name.startswith("traffic"))
    (key,) = traffic.elements
    traffic.elements[key] = wire.counter(7, 700) + wire.split_counter(traffic.elements[key])[1]
    apply(fake, item("a", destinations=[{"address": "198.51.100.1", "weight": 5}]))
    assert traffic.elements[key] == wire.counter(7, 700) + wire.comment("weight 5")
    (detail,) = describe(NftablesBackend(fake))["details"]
    assert (detail["packets"], detail["bytes"]) == (7, 700)


def test_a_clash_with_a_profile_that_stays_names_both() -> None:
    fake = host_with([item("old")])
    with pytest.raises(InvalidInput, match="dnat profile old captures tcp") as caught:
        apply(fake, item("new"))
    assert "dnat profile new asks for" in str(caught.value)
    apply(fake, {"config": [item("new")], "purge": True})
    assert set(profiles(fake)) == {"new"}


def test_purge_spares_the_names_it_is_told() -> None:
    fake = host_with([item("a"), item("b", port=81), item("c", port=82)])
    apply(fake, {"config": [item("a")], "purge": True, "purge_ignore": ["c"]})
    assert set(profiles(fake)) == {"a", "c"}


def test_parameters_are_in_the_plan_or_asked_for() -> None:
    fake = FakeTables()
    with pytest.raises(InvalidInput, match=r"needs sysctl net\.ipv4\.ip_forward = 1"):
        apply(fake, {**item("a"), "manage_sysctl": False})
    assert not fake.exists
    result = apply(fake, item("a"))
    assert result["operations"][0] == "change sysctl net.ipv4.ip_forward"
    assert "net.ipv4.ip_forward = 0" in result["diff"]["before"]
    assert fake.parameters["net.ipv4.ip_forward"] == "1"
    assert not apply(fake, {**item("a"), "manage_sysctl": False})["changed"]


def test_a_base_chain_moved_by_hand_is_made_anew() -> None:
    fake = host_with([item("a")])
    header = fake.chains["prerouting"].header
    fake.chains["prerouting"].header = header._replace(priority=-50)
    assert apply(fake, item("a"))["changed"]
    assert fake.chains["prerouting"].header == header
    assert not apply(fake, item("a"))["changed"]


def test_a_set_made_differently_by_hand_is_made_anew() -> None:
    fake = host_with([item("a")])
    good = {name: each.shape for name, each in fake.sets.items()}
    other = new_set("sluice", "hairpin4_server", good["sources4_server"], 1)
    fake.sets["hairpin4_server"] = FakeSet(other.attributes)
    result = apply(fake, item("a"))
    assert "set hairpin4_server is made differently" in result["diff"]["before"]
    assert {name: each.shape for name, each in fake.sets.items()} == good
    assert not apply(fake, item("a"))["changed"]


def test_a_table_that_is_switched_off_is_made_anew() -> None:
    fake = host_with([item("a")])
    fake.flags = DORMANT
    assert "the table has flags 0x1" in apply(fake, item("a"))["diff"]["before"]
    assert fake.flags == 0
    assert not apply(fake, item("a"))["changed"]


@pytest.mark.parametrize("kind", ["traffic4_server", "slots4_server_tcp", "hairpin4_server"])
def test_damage_of_one_profile_does_not_hinder_another(kind: str) -> None:
    two = [{"address": "198.51.100.1"}, {"address": "198.51.100.2"}]
    fake = host_with([item("a", destinations=two)])
    elements = fake.sets[kind].elements
    good = dict(elements)
    del elements[next(iter(elements))]
    apply(fake, item("b", port=81, protocol="udp"))
    found = profiles(fake)
    assert (bool(found["a"].damage), found["b"].damage) == (True, ())
    assert not apply(fake, item("b", port=81, protocol="udp"))["changed"]
    apply(fake, item("a", destinations=two))
    assert not any(profile.damage for profile in profiles(fake).values())
    assert {key: fake.sets[kind].elements[key] for key in good} == good
    fresh = host_with([item("a", destinations=two), item("b", port=81, protocol="udp")])
    assert set(fake.chains) == set(fresh.chains), "something is left behind"


def test_chains_and_elements_of_nobody_are_removed() -> None:
    fake = host_with([item("a")])
    nobody = parse_address("192.0.2.9").packed + b"\x06\0\0\0" + b"\0\x09\0\0"
    fake.commit(
        [
            new_chain("sluice", "mine", PLAIN),
            new_rule("sluice", "mine", (verdict(DROP),)),
            *wire.add("sluice", "masquerade4_server", [(nobody, b"")]),
        ],
        0,
    )
    result = apply(fake, item("a"))
    assert result["operations"] == ["change table inet sluice"]
    assert "element 192.0.2.9 . tcp . 9 of masquerade4_server" in result["diff"]["before"]
    assert "mine" not in fake.chains
    assert fake.sets["masquerade4_server"].elements == {}


def test_the_element_for_all_other_keys_is_removed() -> None:
    fake = host_with([item("a")])
    fake.sets["masquerade4_server"].elements[b""] = b""
    assert "element * of masquerade4_server" in apply(fake, item("a"))["diff"]["before"]
    assert fake.sets["masquerade4_server"].elements == {}


def test_clients_remembered_for_a_destination_that_goes_are_forgotten() -> None:
    fake = host_with([item("a", affinity=60)])
    selector = parse_address("192.0.2.1").packed + b"\x06\0\0\0" + b"\0\x50\0\0"
    remembered = fake.sets["affinity4_server"].elements
    remembered[selector + b"\x0a\0\0\1"] = wire.data(
        parse_address("198.51.100.1").packed + b"\0\x50\0\0"
    )
    assert not apply(fake, item("a", affinity=60))["changed"]
    apply(fake, item("a", affinity=60, destinations=[{"address": "198.51.100.2"}]))
    assert remembered == {}
