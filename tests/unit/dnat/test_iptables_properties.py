# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same properties as on nftables, for profiles in legacy xtables."""

from __future__ import annotations

import copy
from typing import Any, Dict, List, Tuple

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
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.backend import (
    IptablesBackend,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.layout import (
    chain_of,
    is_ours,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.wire.entry import (
    jump,
    rule,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.wire.extensions import (
    comment,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import describe
from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import Profile
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables.blob import Rule
from ansible_collections.sluice.edge.tests.fakes.xtables import STALE, FakeXtables, Parameters
from ansible_collections.sluice.edge.tests.unit.dnat.test_properties import (
    Config,
    configs,
    declared,
    item,
)

FOREIGN = Rule(rule("ipv4", jump("ACCEPT"), [comment("somebody else's")]), "ACCEPT", (3, 180))


def apply(fake: FakeXtables, params: dict[str, Any], check: bool = False) -> dict[str, Any]:
    declaration = read_declaration(params)
    driver = DnatDriver(
        IptablesBackend(fake), Parameters(fake.parameters), lambda: fake, flushes_of(declaration)
    )
    host = Host(driver, declaration, lambda _address: False)
    result = host.converge(check).as_result("DNAT", True)
    return dict(result, warnings=host.warnings)


def profiles(fake: FakeXtables) -> dict[str, Profile]:
    return {profile.title: profile for profile in IptablesBackend(fake).read()[1]}


def host_with(config: Config) -> FakeXtables:
    """Return a host with profiles, and with rules of somebody else's in every chain."""
    fake = FakeXtables()
    for table in ("nat", "filter"):
        for rules in fake.table("ipv4", table).values():
            rules.append(FOREIGN)
    fake.table("ipv4", "nat")["DOCKER"] = [FOREIGN]
    fake.table("ipv4", "nat")["SLUICE-OF-OTHERS"] = [FOREIGN]
    apply(fake, {"config": config})
    return fake


def ours(fake: FakeXtables) -> Dict[Tuple[str, str], Dict[str, List[bytes]]]:
    """Return what is ours of each table: our chains, and the rules that lead into them."""
    found: Dict[Tuple[str, str], Dict[str, List[bytes]]] = {}
    for where, chains in fake.tables.items():
        mine = {
            name: [each.body for each in rules if is_ours(name) or is_ours(each.target)]
            for name, rules in chains.items()
        }
        found[where] = {name: bodies for name, bodies in mine.items() if bodies or is_ours(name)}
    return {where: chains for where, chains in found.items() if chains}


def foreign(fake: FakeXtables) -> Dict[Tuple[str, str, str], List[Rule]]:
    """Return what is not ours, in order and with what it counted."""
    found = {
        (*where, name): [each for each in rules if not is_ours(each.target)]
        for where, chains in fake.tables.items()
        for name, rules in chains.items()
        if not is_ours(name)
    }
    return {where: rules for where, rules in found.items() if rules}


@given(configs(), configs())
def test_a_purge_converges_to_the_declaration(have: Config, want: Config) -> None:
    fake = host_with(have)
    params = {"config": want, "purge": True}
    predicted = apply(fake, params, check=True)
    assert apply(fake, params) == predicted
    assert profiles(fake) == declared(want)
    assert apply(fake, params)["operations"] == []
    assert ours(fake) == ours(host_with(want)), "something is left behind, or in another order"
    assert foreign(fake) == foreign(host_with([]))


@given(configs(), configs())
def test_without_purge_what_is_not_listed_stays(have: Config, want: Config) -> None:
    fake = host_with(have)
    apply(fake, {"config": want})
    assert profiles(fake) == {**declared(have), **declared(want)}


@given(configs(), configs(), st.integers(1, 4))
def test_a_failure_leaves_what_was_there(have: Config, want: Config, which: int) -> None:
    fake = host_with(have)
    before, parameters = copy.deepcopy(fake.tables), dict(fake.parameters)
    last = len(fake.commits) + which
    reason = "can't commit: Memory allocation problem"
    fake.refuse = lambda number: reason if number == last else None
    failed = None
    try:
        apply(fake, {"config": want, "purge": True})
    except Refused as error:
        failed = error
    if failed is None:
        assert len(fake.commits) < last, "the fault was not met"
    else:
        assert failed.not_undone == []
        assert "iptables says: " + reason in str(failed)
        assert ours(fake) == ours(FakeXtables.holding(before))
        assert foreign(fake) == foreign(FakeXtables.holding(before))
        assert fake.parameters == parameters


@given(configs(), configs())
def test_a_kill_between_two_commits_leaves_each_profile_old_or_new(
    have: Config, want: Config
) -> None:
    class Killed(BaseException):
        pass

    whole = host_with(have)
    first = len(whole.commits)
    apply(whole, {"config": want, "purge": True})
    olds, news = declared(have), declared(want)
    for survived in range(len(whole.commits) - first):
        fake = host_with(have)
        commit = fake.commit

        def killed(
            *words: Any, commit: Any = commit, fake: Any = fake, left: int = survived
        ) -> None:
            if len(fake.commits) - first >= left:
                raise Killed
            commit(*words)

        fake.commit = killed  # type: ignore[method-assign]
        with pytest.raises(Killed):
            run_killed(fake, want)
        fake.commit = commit  # type: ignore[method-assign]
        for title, profile in profiles(fake).items():
            assert profile._replace(damage=()) in (olds.get(title), news.get(title))
            assert profile.damage == ()
        apply(fake, {"config": want, "purge": True})
        assert ours(fake) == ours(whole)


def run_killed(fake: FakeXtables, want: Config) -> None:
    """Commit without the journal, which would undo what a killed process cannot."""
    from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import make_plan
    from ansible_collections.sluice.edge.plugins.module_utils._dnat.plan import (
        arrange,
        desired_entries,
    )

    declaration = read_declaration({"config": want, "purge": True})
    driver = DnatDriver(IptablesBackend(fake), Parameters(fake.parameters), lambda: fake, {})
    have = driver.read()
    wanted = desired_entries(declaration, driver.framework, have, lambda _address: False)
    for stage in make_plan(have, wanted, arrange).stages:
        driver.apply(stage)


@given(configs())
def test_info_is_a_declaration_of_what_is_there(have: Config) -> None:
    fake = host_with(have)
    found = describe(IptablesBackend(fake))["profiles"]
    assert apply(fake, {"config": found, "purge": True})["operations"] == []
    assert declared(found) == declared(have)


@given(configs().filter(bool), st.data())
def test_a_rule_lost_added_or_changed_by_hand_is_set_right(
    have: Config, data: st.DataObject
) -> None:
    fake = host_with(have)
    before, others = ours(fake), foreign(fake)
    where = data.draw(st.sampled_from(sorted(before)))
    name = data.draw(st.sampled_from(sorted(before[where])))
    rules = fake.tables[where][name]
    places = [place for place, each in enumerate(rules) if is_ours(name) or is_ours(each.target)]
    place = data.draw(st.sampled_from(places))
    how = data.draw(st.sampled_from(["lost", "added", "changed", "doubled"]))
    if how == "lost":
        del rules[place]
    elif how == "added" and is_ours(name):
        rules.insert(place, Rule(rule(where[0], jump("RETURN")), "RETURN"))
    elif how == "changed" and is_ours(name):
        rules[place] = Rule(rule(where[0], jump("RETURN")), "RETURN")
    else:
        rules.insert(place, rules[place])
    result = apply(fake, {"config": have}, check=True)
    assert result["changed"]
    assert result["operations"] == apply(fake, {"config": have})["operations"]
    assert ours(fake) == before
    assert foreign(fake) == others
    assert not apply(fake, {"config": have})["changed"]


def test_one_changed_profile_touches_only_its_chain() -> None:
    fake = host_with([item("p%d" % number, port=number) for number in range(1, 51)])
    done = len(fake.commits)
    destinations = [
        {"address": "198.51.100.1", "weight": 2},
        {"address": "198.51.100.1", "port": 9},
    ]
    apply(fake, {"config": [item("p7", port=7, destinations=destinations)]})
    ((family, table, edits),) = fake.commits[done:]
    assert (family, table) == ("ipv4", "nat")
    assert {edit.chain for edit in edits} == {chain_of("p7")}


def test_a_change_of_weight_keeps_the_counters() -> None:
    fake = host_with([item("a", destinations=to(1, 1))])
    rules = fake.table("ipv4", "nat")[chain_of("a")]
    rules[:] = [
        each._replace(counted=(7, 700)) if each.target == "DNAT" else each for each in rules
    ]
    apply(fake, item("a", destinations=to(1, 5), affinity=60))
    (detail,) = describe(IptablesBackend(fake))["details"]
    assert [(each["packets"], each["bytes"]) for each in detail["destinations"]] == [(7, 700)] * 2


def to(*weights: int) -> List[Dict[str, Any]]:
    return [
        {"address": "198.51.100.%d" % number, "weight": weight}
        for number, weight in enumerate(weights, 1)
    ]


def test_a_stale_commit_is_planned_anew() -> None:
    fake = host_with([item("a")])
    last = len(fake.commits) + 1
    fake.refuse = lambda number: STALE if number == last else None
    assert apply(fake, item("b", port=81))["operations"] == ["create dnat profile b"]
    assert set(profiles(fake)) == {"a", "b"}


def test_what_another_program_changed_before_the_lock_is_planned_anew() -> None:
    fake = host_with([item("a")])

    def delete_a_rule() -> None:
        fake.meanwhile = lambda: None
        del fake.table("ipv4", "nat")[chain_of("a")][-1]

    fake.meanwhile = delete_a_rule
    apply(fake, {"config": [item("a"), item("b", port=81)]})
    assert profiles(fake) == declared([item("a"), item("b", port=81)])


def test_damage_of_a_profile_that_is_not_named_is_left_alone() -> None:
    fake = host_with([item("a"), item("b", port=81)])
    for name in (chain_of("b"), "SLUICE-PREROUTING"):
        del fake.table("ipv4", "nat")[name][-1]
    broken = profiles(fake)["b"]
    assert broken.damage
    apply(fake, item("a", destinations=to(1, 2)))
    assert profiles(fake)["b"] == broken
    assert apply(fake, item("b", port=81))["operations"] == ["change dnat profile b"]
    assert profiles(fake)["b"].damage == ()


def test_chains_of_nobody_are_removed() -> None:
    fake = host_with([item("a")])
    fake.table("ipv4", "nat")["SLUICE-0123456789abcdef"] = [FOREIGN]
    fake.table("ipv6", "filter")["SLUICE-0123456789abcdef"] = []
    result = apply(fake, item("a"))
    assert result["operations"] == ["change iptables chains SLUICE"]
    assert "DAMAGED: ipv4 chain SLUICE-0123456789abcdef is too many" in result["diff"]["before"]
    assert ours(fake) == ours(host_with([item("a")]))


def test_a_chain_that_a_foreign_rule_leads_to_is_kept_and_named() -> None:
    fake = host_with([item("a")])
    leading = Rule(rule("ipv4", jump(chain_of("a"))), chain_of("a"))
    fake.table("ipv4", "nat")["DOCKER"].append(leading)
    with pytest.raises(Refused, match="can't delete chain %s: Too many links" % chain_of("a")):
        apply(fake, {"name": "a", "state": "absent"})
    assert profiles(fake) == declared([item("a")])


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"log": True, "log_prefix": "p" * 30}, "log_prefix has 30 bytes, and iptables keeps 29"),
        ({"log": True, "log_prefix": "ü" * 15}, "log_prefix has 30 bytes, and iptables keeps 29"),
        ({"log": True, "log_rate": "10001/second"}, "log_rate must be at most 10000/second"),
    ],
)
def test_what_xtables_cannot_do_is_refused(more: Dict[str, Any], reason: str) -> None:
    fake = host_with([item("a")])
    done = len(fake.commits)
    with pytest.raises(InvalidInput, match=reason) as caught:
        apply(fake, {"config": [item("b", port=81), item("c", port=82, **more)]})
    assert "config[1] (dnat profile c)" in str(caught.value)
    assert len(fake.commits) == done
