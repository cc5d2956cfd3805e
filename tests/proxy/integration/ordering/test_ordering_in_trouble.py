# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates kept while authorities are down, slow, full of themselves, or ahead of pebble."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from running.ca.issuer import certificate_id
from running.ca.problem import Problem
from running.ca.records import Rules, Window
from running.ca.trouble import Half, Page, Refuse, Slow, Trouble, failing, limited
from running.fake_authority import FakeAnswering
from running.real_ordering import RealNode, real_node
from running.scripted_ca import ScriptedCa
from sluice_proxy.ordering.model import Standing, Wish
from sluice_proxy.snapshot.issuing import Acme, CertificateAuthority

Cas = tuple[ScriptedCa, ScriptedCa]


@pytest.fixture
def cas(tmp_path: Path) -> Iterator[Cas]:
    """Two authorities, asked in this order."""
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(ScriptedCa(tmp_path / name, Rules(lifetime=timedelta(days=90))))
            for name in ("first", "second")
        )
        yield first, second


def called(name: str, ca: ScriptedCa, **others: object) -> CertificateAuthority:
    return CertificateAuthority(
        name,
        ca.directory,
        terms_agreed=True,
        trust_file=str(ca.trust),
        **others,  # type: ignore[arg-type]
    )


def played(
    cas: Cas, play: Callable[[RealNode], Awaitable[None]], settings: Acme | None = None
) -> None:
    usual = Acme((called("first", cas[0]), called("second", cas[1])))

    async def run() -> None:
        async with real_node(settings or usual, FakeAnswering()) as node:
            await play(node)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("resource", "trouble", "said"),
    [
        ("newOrder", limited("3600"), "first failed: rateLimited: too many requests"),
        ("newOrder", failing(500), "first failed: serverInternal: the authority is out of order"),
        ("newOrder", Page(502), "first failed: "),
        ("newOrder", Half(), "first failed: "),
        ("directory", Slow(30), "no answer in time"),
        ("newAccount", failing(503), "first failed: serverInternal"),
        ("finalize", failing(500), "first failed: serverInternal"),
        ("newOrder", Refuse(Problem("rejectedIdentifier", "not this one")), "first refused: "),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_next_one_serves_and_the_log_says_what_the_first_one_did(
    cas: Cas, resource: str, trouble: Trouble, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    cas[0].always(resource, trouble)

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)))
        state = await node.until("a.test")
        assert state.authority == "second"
        assert state.said == ""
        assert node.keeper.numbers.issued == {"second": 1}

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        played(cas, play)
    [line] = [one for one in caplog.messages if "obtained" in one]
    assert "obtained from second" in line
    assert said in line.partition("; before: ")[2]
    assert not cas[0].issued
    assert len(cas[1].issued) == 1


def test_one_that_is_down_comes_back(cas: Cas) -> None:
    cas[0].stop()

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)))
        assert (await node.until("a.test")).authority == "second"
        cas[0].start()
        former = node.in_force["a.test"]
        await node.keeper.renew("a.test")
        assert (await node.newer("a.test", former)).authority == "first"

    played(cas, play)
    # It did not issue what was renewed.
    assert cas[0].orders[-1].replaces is None


def test_while_all_are_down_that_is_said_of_each(cas: Cas) -> None:
    for ca in cas:
        ca.always("newOrder", failing(500))

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)))
        state = await node.until("a.test", Standing.FAILED)
        assert "first failed: serverInternal" in state.said
        assert "second failed: serverInternal" in state.said

    played(cas, play)


@pytest.mark.parametrize("same_account", [True, False])
def test_one_that_is_to_be_replaced_now_is_and_its_own_account_says_which(
    cas: Cas, tmp_path: Path, same_account: bool, caplog: pytest.LogCaptureFixture
) -> None:
    first = cas[0]
    # So the first look at what is suggested comes soon.
    first.rules.lifetime = timedelta(seconds=30)
    settings = Acme((called("first", first),))

    async def run() -> None:
        async with real_node(settings, FakeAnswering(), tmp_path / "store.db") as node:
            node.wish(Wish(("a.test",)))
            await node.until("a.test")
        former = node.in_force["a.test"]
        leaf = x509.load_pem_x509_certificate(former.chain)
        begins = leaf.not_valid_before_utc
        why = "https://first.test/why"
        first.suggest(leaf, Window(begins - timedelta(days=2), begins - timedelta(days=1), why))
        store = tmp_path / ("store.db" if same_account else "other.db")
        async with real_node(settings, FakeAnswering(), store) as again:
            again.in_force["a.test"] = former
            again.wish(Wish(("a.test",)))
            await again.newer("a.test", former)
        replaced = certificate_id(leaf) if same_account else None
        assert first.orders[1].replaces == replaced

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        asyncio.run(run())
    assert "first suggests when to renew, see https://first.test/why" in caplog.text


def test_an_order_that_replaced_it_already_is_no_hindrance(cas: Cas) -> None:
    first = cas[0]

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)))
        await node.until("a.test")
        former = node.in_force["a.test"]
        first.once("newOrder", Refuse(Problem("alreadyReplaced", "by another order", 409)))
        await node.keeper.renew("a.test")
        assert (await node.newer("a.test", former)).authority == "first"

    played(cas, play)
    assert first.orders[-1].replaces is None


def test_profiles_are_asked_for_and_one_that_is_not_there_is_named(cas: Cas) -> None:
    first = cas[0]
    first.rules.profiles["short"] = timedelta(days=6)
    short = replace(called("first", first), profile="short")

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)), Wish(("b.test",), profile="long"))
        await node.until("a.test")
        leaf = x509.load_pem_x509_certificate(node.in_force["a.test"].chain)
        lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
        assert lifetime <= timedelta(days=6, hours=2)
        state = await node.until("b.test", Standing.FAILED)
        assert "first was not asked: the authority has no profile long" in state.said

    played(cas, play, Acme((short,)))


def test_terms_are_agreed_to_by_the_configuration_alone(cas: Cas) -> None:
    unread = replace(called("first", cas[0]), terms_agreed=False)

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)))
        state = await node.until("a.test", Standing.FAILED)
        assert "first was not asked: it wants its terms agreed to" in state.said
        assert "set terms_agreed of this authority" in state.said

    played(cas, play, Acme((unread,)))
    assert cas[0].accounts == 0


def test_an_authority_that_names_a_date_is_left_alone_until_then(cas: Cas) -> None:
    cas[0].always("newOrder", limited("Fri, 31 Dec 2100 23:59:59 GMT"))
    week = 7 * 86_400

    async def play(node: RealNode) -> None:
        node.wish(Wish(("a.test",)))
        state = await node.until("a.test", Standing.FAILED)
        assert state.next_try is not None
        left = state.next_try - datetime.now(UTC).timestamp()
        assert week - 60 < left <= week

    played(cas, play, Acme((called("first", cas[0]),)))
