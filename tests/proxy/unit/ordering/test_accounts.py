# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet's account at an authority: made once, kept, changed and made anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from running.fake_authority import FakeAuthority, FakeClient, FakeConnections, problem
from running.shared_in_memory import SharedInMemory, records_in_memory
from running.virtual_time import now, pass_time
from sluice_proxy.acme.failures import AcmeFailed, TransportFailed
from sluice_proxy.acme.messages.model import Status
from sluice_proxy.ordering.accounts.accounts import Accounts
from sluice_proxy.ordering.accounts.documents import ACCOUNT, decode_account
from sluice_proxy.ordering.leasing import SECONDS
from sluice_proxy.ordering.model import NoAccount
from sluice_proxy.ordering.policies.problems import NotSetUp
from sluice_proxy.snapshot.issuing import CertificateAuthority, ExternalAccount

ONE = CertificateAuthority("one", "https://one.test/", contact=("mailto:a@a.test",))


class Rig:
    """An authority, and nodes with what they share."""

    def __init__(self) -> None:
        self.records = records_in_memory(now)
        self.ca = FakeAuthority(now)

    def node(self, holder: str = "node 1") -> Accounts:
        shared = SharedInMemory(self.records)
        return Accounts(shared, FakeConnections(one=self.ca).client, holder)

    @property
    def document(self) -> bytes:
        record = self.records.get(ACCOUNT, "one")
        assert record is not None
        return record.document


def played(play: Callable[[Rig], Awaitable[None]]) -> None:
    async def scenario() -> None:
        rig = Rig()
        await play(rig)
        rig.records.close()

    pass_time(scenario())


def test_nodes_that_need_it_at_once_make_one() -> None:
    async def play(rig: Rig) -> None:
        rig.ca.takes = 3
        nodes = [rig.node(f"node {n}") for n in range(4)]
        clients = await asyncio.gather(
            *(node.client(ONE) for node in nodes for _unused in range(5))
        )
        assert len(rig.ca.accounts) == 1
        assert {client.key.thumbprint for client in clients} == set(rig.ca.accounts)
        assert rig.ca.asked["register"] == 1

    played(play)


def test_one_that_a_dead_node_began_is_made_with_the_same_key() -> None:
    async def play(rig: Rig) -> None:
        rig.ca.takes = 5
        dead = asyncio.create_task(rig.node("dead").client(ONE))
        while not rig.ca.asked["register"]:
            await asyncio.sleep(0.1)
        begun = decode_account(rig.document)
        rig.records.lease("account one", "dead", SECONDS)
        dead.cancel()
        await asyncio.gather(dead, return_exceptions=True)
        client = await rig.node("other").client(ONE)
        assert begun is not None
        assert begun.url == ""
        assert client.key.pem == begun.key

    played(play)


def test_other_contacts_are_told_once() -> None:
    async def play(rig: Rig) -> None:
        node = rig.node()
        await node.client(ONE)
        changed = replace(ONE, contact=("mailto:b@b.test",))
        for _turn in range(3):
            client = await node.client(changed)
        assert rig.ca.asked["update"] == 1
        assert rig.ca.accounts[client.key.thumbprint].contact == ("mailto:b@b.test",)

    played(play)


def test_a_name_that_is_another_authority_now_gets_another_account() -> None:
    async def play(rig: Rig) -> None:
        first = await rig.node().client(ONE)
        second = await rig.node().client(replace(ONE, directory="https://other.test/"))
        assert first.key.thumbprint != second.key.thumbprint

    played(play)


def test_terms_that_are_not_agreed_to_are_said_with_what_to_set() -> None:
    async def play(rig: Rig) -> None:
        rig.ca.terms = "https://one.test/terms"
        with pytest.raises(NotSetUp, match=r"https://one\.test/terms: .* set terms_agreed"):
            await rig.node().client(ONE)
        assert rig.ca.accounts == {}
        await rig.node().client(replace(ONE, terms_agreed=True))

    played(play)


def test_an_external_account_comes_from_its_file_and_its_key_is_never_said(
    tmp_path: Path,
) -> None:
    file = tmp_path / "eab"

    async def play(rig: Rig) -> None:
        rig.ca.wants_external = True
        wanted = replace(ONE, external_account=ExternalAccount("kid", str(file)))
        for authority, said in ((ONE, "set external_account"), (wanted, "cannot be read: No such")):
            with pytest.raises(NotSetUp, match=said):
                await rig.node().client(authority)
        file.write_text("secret-that-is-no-base64url!\n")
        with pytest.raises(NotSetUp, match="has no key in base64url") as refused:
            await rig.node().client(wanted)
        assert "secret" not in str(refused.value)
        file.write_text("c2VjcmV0\n")
        await rig.node().client(wanted)

    played(play)


@pytest.mark.parametrize("lost", ["forgotten", "deactivated"])
def test_one_that_is_gone_is_made_anew_once_for_all_nodes(lost: str) -> None:
    async def play(rig: Rig) -> None:
        nodes = [rig.node(f"node {n}") for n in range(3)]
        formers = [await node.client(ONE) for node in nodes]
        [(thumbprint, account)] = rig.ca.accounts.items()
        if lost == "forgotten":
            rig.ca.accounts.clear()
        else:
            rig.ca.accounts[thumbprint] = replace(account, status=Status.DEACTIVATED)
        others = await asyncio.gather(
            *(node.instead(ONE, former) for node, former in zip(nodes, formers, strict=True))
        )
        keys = {other.key.thumbprint for other in others if other is not None}
        assert len(keys) == 1
        assert keys != {thumbprint}
        valid = [one for one in rig.ca.accounts.values() if one.status is Status.VALID]
        assert len(valid) == 1

    played(play)


def test_one_that_is_good_stays() -> None:
    async def play(rig: Rig) -> None:
        node = rig.node()
        client = await node.client(ONE)
        assert await node.instead(ONE, client) is None
        rig.ca.fail("find", TransportFailed("no answer"))
        with pytest.raises(AcmeFailed, match="no answer"):
            await node.instead(ONE, client)
        assert len(rig.ca.accounts) == 1

    played(play)


def test_a_new_key_is_the_one_of_all_nodes() -> None:
    async def play(rig: Rig) -> None:
        node, other = rig.node("node 1"), rig.node("node 2")
        former = await other.client(ONE)
        await node.roll_over(ONE)
        new = await other.client(ONE)
        assert new.key.thumbprint != former.key.thumbprint
        assert list(rig.ca.accounts) == [new.key.thumbprint]
        await new.new_order(["a.test"])

    played(play)


@pytest.mark.parametrize("taken", [True, False])
def test_a_change_of_keys_whose_end_nobody_saw_is_found_out(
    taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(rig: Rig) -> None:
        node = rig.node()
        await node.client(ONE)
        change = FakeClient.roll_over

        async def unseen(client: FakeClient, new_key: object) -> None:
            if taken:
                await change(client, new_key)  # type: ignore[arg-type]
            raise TransportFailed("the connection was lost")

        monkeypatch.setattr(FakeClient, "roll_over", unseen)
        with pytest.raises(AcmeFailed, match="connection was lost"):
            await node.roll_over(ONE)
        client = await rig.node("other").client(ONE)
        assert list(rig.ca.accounts) == [client.key.thumbprint]
        await client.new_order(["a.test"])
        account = decode_account(rig.document)
        assert account is not None
        assert account.next_key is None

    played(play)


def test_one_that_is_given_up_is_made_anew_when_it_is_needed() -> None:
    async def play(rig: Rig) -> None:
        node = rig.node()
        former = await node.client(ONE)
        await node.deactivate(ONE)
        assert rig.records.get(ACCOUNT, "one") is None
        with pytest.raises(NoAccount, match="there is no account at one"):
            await node.deactivate(ONE)
        assert (await node.client(ONE)).key.thumbprint != former.key.thumbprint

    played(play)


def test_what_the_authority_says_to_a_new_account_is_told() -> None:
    async def play(rig: Rig) -> None:
        rig.ca.fail("register", problem("invalidContact", detail="a.test takes no mail"))
        with pytest.raises(AcmeFailed, match=r"invalidContact: a\.test takes no mail"):
            await rig.node().client(ONE)
        await rig.node().client(ONE)
        assert len(rig.ca.accounts) == 1

    played(play)
