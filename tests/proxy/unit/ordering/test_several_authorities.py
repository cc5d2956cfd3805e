# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several authorities: on failure the next one, and each failure with the name of its own."""

from __future__ import annotations

import asyncio

import pytest
from running.fake_authority import DAY, problem
from running.ordering_fleet import UNHURRIED, Fleet, settings, wish
from running.virtual_time import now, pass_time
from sluice_proxy.acme.failures import AcmeFailed, TransportFailed
from sluice_proxy.ordering.model import Standing
from sluice_proxy.ordering.obtaining import MOST_SECONDS
from sluice_proxy.snapshot.issuing import Acme, CertificateAuthority, ChallengeType


@pytest.mark.parametrize(
    ("step", "error", "said"),
    [
        ("all", TransportFailed("GET https://one.test/: refused"), "one failed: GET"),
        ("new_order", problem("rateLimited", 429, retry_after=60), "one failed: rateLimited"),
        ("new_order", problem("serverInternal", 500), "one failed: serverInternal"),
        ("new_order", problem("rejectedIdentifier"), "one refused: rejectedIdentifier"),
        ("finalize", problem("caa", 403), "one refused: caa"),
        ("certificate", problem("serverInternal", 503), "one failed: serverInternal"),
        ("finalize", problem("badCSR"), "one does not take what it was sent: badCSR"),
    ],
)
def test_the_next_one_is_asked_at_once_and_the_first_one_is_named(
    step: str, error: AcmeFailed, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        node = fleet.nodes[0]
        fleet.ca["one"].fail_always(step, error)
        begun = now()
        node.wish("a.test")
        state = await node.until("a.test", Standing.HELD)
        assert now() - begun < 10
        assert state.authority == "two"
        assert state.failures == 0
        numbers = node.keeper.numbers
        assert numbers.issued == {"two": 1}
        assert [name for name, _kind in numbers.failed] == ["one"]
        await fleet.close()

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        pass_time(scenario())
    [line] = [one for one in caplog.messages if "obtained" in one]
    assert "obtained from two" in line
    assert f"before: {said}" in line


def test_one_that_never_answers_is_given_up() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        node = fleet.nodes[0]
        fleet.ca["one"].takes = 10 * MOST_SECONDS
        begun = now()
        node.wish("a.test")
        assert (await node.until("a.test", Standing.HELD)).authority == "two"
        assert MOST_SECONDS <= now() - begun < MOST_SECONDS + 120
        assert node.keeper.numbers.failed == {("one", "timeout"): 1}
        await fleet.close()

    pass_time(scenario())


def test_one_that_is_down_is_not_asked_for_each_of_many_names(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        node, one = fleet.nodes[0], fleet.ca["one"]
        one.fail_always("all", TransportFailed("GET https://one.test/: no answer in time"))
        one.takes = 20
        names = [f"{n}.test" for n in range(100)]
        node.wish(*names)
        for name in names:
            await node.until(name, Standing.HELD)
        assert sum(one.asked.values()) < 30
        await fleet.close()

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        pass_time(scenario())
    assert sum("skipped until" in line for line in caplog.messages) <= 3


def test_what_finds_out_that_one_is_still_down_does_not_use_up_its_orders() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node = fleet.nodes[0]
        fleet.ca["one"].fail_always("all", TransportFailed("GET https://one.test/: refused"))
        node.wish(*(f"{n}.test" for n in range(100)))
        await asyncio.sleep(3 * 3600)
        # Eight at first, and then one each time that it may work again.
        assert 15 <= await node.shared.allowed("orders one", 86_400) <= 30
        await fleet.close()

    pass_time(scenario())


def test_while_the_only_one_is_down_all_wait_for_it_and_none_is_late() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, one = fleet.nodes[0], fleet.ca["one"]
        one.fail_always("all", TransportFailed("GET https://one.test/: refused"))
        names = [f"{n}.test" for n in range(100)]
        node.wish(*names)
        await asyncio.sleep(6 * 3600)
        assert sum(one.asked.values()) < 400
        states = [node.state(name) for name in names]
        assert {one.standing for one in states} <= {Standing.WAITING, Standing.FAILED}
        assert all("one failed: GET https://one.test/: refused" in one.said for one in states)
        one.fail_always("all", None)
        mended = now()
        for name in names:
            await node.until(name, Standing.HELD)
        assert now() - mended < 6 * 3600
        await fleet.close()

    pass_time(scenario())


def test_a_wish_for_one_authority_goes_to_no_other() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        node = fleet.nodes[0]
        fleet.ca["two"].fail_always("new_order", problem("serverInternal", 500))
        node.keeper.wish({"it": wish("a.test", authority="two")}, {})
        await node.until("it", Standing.FAILED)
        node.keeper.wish({"it": wish("a.test", authority="three")}, {})
        await asyncio.sleep(1)
        said = (await node.until("it", Standing.FAILED)).said
        assert said == "there is no authority 'three' in issuing.acme.authorities"
        assert fleet.ca["one"].names_ordered == []
        await fleet.close()

    pass_time(scenario())


def test_trials_go_to_staging_until_it_issues_and_then_back() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", staging=("trial",)), pace=UNHURRIED)
        node = fleet.nodes[0]
        one, trial = fleet.ca["one"], fleet.ca["trial"]
        one.refuses["a.test", ""] = trial.refuses["a.test", ""] = problem("dns")
        node.wish("a.test")
        await asyncio.sleep(5 * DAY)
        assert len(one.names_ordered) == 1
        assert len(trial.names_ordered) > 5
        assert "trial refused" in node.state("a.test").said
        one.refuses.clear()
        trial.refuses.clear()
        state = await node.until("a.test", Standing.HELD)
        assert state.authority == "one"
        assert node.in_force["a.test"].authority == "one"
        assert [one.authority for batch in node.batches for one in batch.values()] == ["one"]
        assert len(one.names_ordered) == 2
        # The next renewal goes to the real one at once.
        trials = len(trial.names_ordered)
        await node.keeper.renew("a.test")
        await node.until("a.test", Standing.HELD)
        assert len(trial.names_ordered) == trials
        await fleet.close()

    pass_time(scenario())


def test_a_real_one_that_is_down_makes_no_trials_and_staging_that_is_down_hinders_nobody() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", staging=("trial",)), pace=UNHURRIED)
        node = fleet.nodes[0]
        one, trial = fleet.ca["one"], fleet.ca["trial"]
        one.fail_always("all", TransportFailed("refused"))
        node.wish("a.test")
        await asyncio.sleep(3600)
        assert trial.names_ordered == []
        one.fail_always("all", None)
        one.refuses["a.test", ""] = problem("dns")
        while not one.names_ordered:
            await asyncio.sleep(60)
        one.refuses.clear()
        trial.fail_always("all", TransportFailed("refused"))
        await node.until("a.test", Standing.HELD)
        await fleet.close()

    pass_time(scenario())


def test_no_more_orders_are_made_than_is_set_and_those_who_wait_ask_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        authority = CertificateAuthority(
            "one", "https://one.test/", most_orders=20, order_window=3600
        )
        fleet = Fleet(Acme((authority,)), nodes=2)
        names = [f"{n}.test" for n in range(50)]
        begun = now()
        for node in fleet.nodes:
            node.wish(*names)
        await asyncio.sleep(1800)
        assert fleet.orders == 20
        waiting = [node.state(name) for node in fleet.nodes for name in names]
        late = [one for one in waiting if one.standing is not Standing.HELD]
        assert late
        assert {one.standing for one in late} == {Standing.WAITING}
        assert {one.failures for one in late} == {0}
        assert all("had 20 orders of ours within 3600 s" in one.said for one in late)
        for node in fleet.nodes:
            for name in names:
                await node.until(name, Standing.HELD)
        assert 2 * 3600 <= now() - begun < 3 * 3600
        assert fleet.orders == 50
        for node in fleet.nodes:
            leases = [about for method, about in node.shared.done if method == "lease"]
            # Some looked for a moment when nobody knew yet; later they know without.
            assert len(leases) < 6 * len(names)
        await fleet.close()

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        pass_time(scenario())
    assert 1 <= sum("the next one can be made" in line for line in caplog.messages) <= 2 * 3


@pytest.mark.parametrize(("retry_after", "least"), [(5 * 3600.0, 5 * 3600.0), (90.0, 90.0)])
def test_an_authority_is_left_alone_as_long_as_it_says(retry_after: float, least: float) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, one = fleet.nodes[0], fleet.ca["one"]
        one.fail("new_order", problem("rateLimited", 429, retry_after=retry_after))
        node.wish("a.test")
        begun = now()
        await node.until("a.test", Standing.HELD)
        assert least <= now() - begun < least + 70
        await fleet.close()

    pass_time(scenario())


def test_one_that_wants_to_be_left_alone_is_passed_over_for_that_name_alone() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        node, one, two = fleet.nodes[0], fleet.ca["one"], fleet.ca["two"]
        one.fail("new_order", problem("rateLimited", 429, retry_after=DAY))
        two.fail("new_order", problem("serverInternal", 500))
        node.wish("a.test")
        state = await node.until("a.test", Standing.FAILED)
        assert "one failed: rateLimited" in state.said
        assert "two failed: serverInternal" in state.said
        node.wish("a.test", "b.test")
        assert (await node.until("b.test", Standing.HELD)).authority == "one"
        assert (await node.until("a.test", Standing.HELD)).authority == "two"
        assert one.asked["new_order"] == 2
        await fleet.close()

    pass_time(scenario())


def test_challenge_types_take_turns_until_one_works() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", challenges=tuple(ChallengeType)), pace=UNHURRIED)
        node, one = fleet.nodes[0], fleet.ca["one"]
        one.refuses["a.test", "http-01"] = problem("connection")
        one.refuses["a.test", "tls-alpn-01"] = problem("tls")
        node.keeper.wish({"it": wish("a.test", "b.test", "*.b.test")}, {})
        await node.until("it", Standing.HELD)
        by_name = {
            name: [type_ for asked, type_ in one.validated if asked == name]
            for name in ("a.test", "b.test", "*.b.test")
        }
        assert by_name == {
            "a.test": ["http-01", "tls-alpn-01", "dns-01"],
            "b.test": ["http-01"] * 3,
            "*.b.test": ["dns-01"] * 3,
        }
        assert node.keeper.numbers.validations[ChallengeType.HTTP_01, False] == 1
        assert node.keeper.numbers.validations[ChallengeType.DNS_01, True] == 4
        await fleet.close()

    pass_time(scenario())


def test_what_cannot_be_answered_is_no_fault_of_the_authority_and_the_next_type_is_tried() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", challenges=(ChallengeType.DNS_01, ChallengeType.HTTP_01)))
        node = fleet.nodes[0]
        node.answering.wrong[ChallengeType.DNS_01] = "the name server refused the update"
        node.wish("a.test")
        state = await node.until("a.test", Standing.FAILED)
        assert state.said == "one could not be answered: the name server refused the update"
        assert node.answering.there == []
        await node.until("a.test", Standing.HELD)
        await fleet.close()

    pass_time(scenario())


def test_all_names_that_fail_are_counted_and_the_first_one_is_said() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = fleet.nodes[0], fleet.ca["one"]
        for name in ("b.test", "c.test"):
            one.refuses[name, "http-01"] = problem("connection")
        node.keeper.wish({"it": wish("a.test", "b.test", "c.test")}, {})
        state = await node.until("it", Standing.FAILED)
        assert state.said == "one refused: b.test: connection: as scripted (and 1 more like it)"
        await node.until("it", Standing.HELD)
        assert one.validated.count(("b.test", "tls-alpn-01")) == 1
        assert one.validated.count(("c.test", "tls-alpn-01")) == 1
        await fleet.close()

    pass_time(scenario())


def test_what_an_authority_issued_that_is_asked_no_more_is_shown_until_another_one_issued() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"), nodes=2)
        for node in fleet.nodes:
            node.wish("a.test")
        for node in fleet.nodes:
            assert (await node.until("a.test", Standing.HELD)).authority == "one"
        fleet.ca["two"].fail_always("new_order", problem("serverInternal", 500))
        former, later = fleet.nodes, [fleet.node(settings("two")) for _node in fleet.nodes]
        fleet.nodes = later
        for before, after in zip(former, later, strict=True):
            await before.keeper.close()
            after.in_force.update(before.in_force)
            after.wish("a.test")
        state = await later[0].until("a.test", Standing.FAILED)
        assert "two failed: serverInternal" in state.said
        assert later[0].in_force["a.test"].authority == "one"
        fleet.ca["two"].fail_always("new_order", None)
        for node in later:
            begun = now()
            while node.in_force["a.test"].authority != "two":
                await asyncio.sleep(1)
                assert now() - begun < 3600
        assert fleet.ca["two"].names_ordered == [("a.test",)]
        await asyncio.sleep(DAY)
        assert fleet.orders == 2
        await fleet.close()

    pass_time(scenario())


def test_what_another_node_obtained_of_one_that_this_node_does_not_know_is_left_as_it_is() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        former, other = fleet.node(settings("one")), fleet.node(settings("two"))
        fleet.nodes = [former, other]
        former.wish("a.test")
        await former.until("a.test", Standing.HELD)
        other.wish("a.test")
        await other.until("a.test", Standing.HELD)
        assert other.in_force["a.test"].authority == "one"
        await asyncio.sleep(DAY)
        assert fleet.orders == 1
        await fleet.close()

    pass_time(scenario())
