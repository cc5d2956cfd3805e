# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records by updates, at a DNS server that checks signatures."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import dns.name
import dns.rcode
import dns.rdatatype
import pytest
from running.dns_server import KEY_NAME, SECRET, DnsServer
from running.service import free_port
from sluice_proxy.ordering.answering.dns_updates import asking, showing
from sluice_proxy.ordering.answering.dns_updates.asking import NameServer, Told
from sluice_proxy.ordering.answering.dns_updates.updating import UpdatedRecords
from sluice_proxy.ordering.validating import NotAnswered
from sluice_proxy.snapshot.issuing import DnsUpdate

NAME = "_acme-challenge.a.example"
PATIENT = 60.0
DATAGRAM = 512
"""Octets of an answer over UDP."""


class Elsewhere:
    """What the system's resolver finds."""

    def __init__(
        self, aliases: dict[str, str] | None = None, addresses: dict[str, list[str]] | None = None
    ) -> None:
        self._aliases = aliases or {}
        self._addresses = addresses or {}
        self.asked: list[str] = []

    async def addresses(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self._addresses.get(host, [])

    async def alias(self, name: dns.name.Name) -> dns.name.Name | None:
        text = name.to_text(omit_final_dot=True)
        self.asked.append(text)
        found = self._aliases.get(text)
        return None if found is None else dns.name.from_text(found)


@pytest.fixture
def server() -> Iterator[DnsServer]:
    zones = ["example", "sub.example", "acme.test", "refused.test"]
    with DnsServer(zones, refusing=["refused.test"]) as one:
        yield one


@pytest.fixture
def update(server: DnsServer, tmp_path: Path) -> DnsUpdate:
    """Return how the server is updated."""
    key = tmp_path / "key"
    key.write_text(SECRET + "\n")
    key.chmod(0o600)
    return DnsUpdate("127.0.0.1", server.port, KEY_NAME.removesuffix("."), str(key))


def records(
    update: DnsUpdate, propagation: float = PATIENT, resolver: Elsewhere | None = None
) -> UpdatedRecords:
    return UpdatedRecords(update, propagation, resolver or Elsewhere())


def set_one(
    update: DnsUpdate, name: str = NAME, resolver: Elsewhere | None = None, wait: float = PATIENT
) -> None:
    asyncio.run(records(update, wait, resolver).set(name, "value"))


def refused(
    update: DnsUpdate, name: str = NAME, resolver: Elsewhere | None = None, wait: float = PATIENT
) -> str:
    """Return why a record could not be set."""
    with pytest.raises(NotAnswered) as error:
        set_one(update, name, resolver, wait)
    text = str(error.value)
    assert len(text.splitlines()) == 1
    assert SECRET not in text
    return text


def test_a_record_is_there_until_it_is_unset(server: DnsServer, update: DnsUpdate) -> None:
    async def run() -> None:
        one = records(replace(update, ttl=90))
        await one.set(NAME, "value")
        assert server.txt(NAME) == {"value"}
        await one.unset(NAME, "value")
        assert server.txt(NAME) == set()
        await one.unset(NAME, "value")

    asyncio.run(run())
    assert len(server.updates) == 2
    assert f"{NAME}. 90 IN TXT" in server.updates[0]


def test_values_of_a_name_live_side_by_side_and_those_of_others_stay(
    server: DnsServer, update: DnsUpdate
) -> None:
    server.add(NAME, "TXT", '"of another node"')

    async def run() -> None:
        one = records(update)
        await asyncio.gather(*(one.set(NAME, f"value{number}") for number in range(5)))
        assert len(server.txt(NAME)) == 6
        await asyncio.gather(*(one.unset(NAME, f"value{number}") for number in range(4)))
        assert server.txt(NAME) == {"of another node", "value4"}

    asyncio.run(run())


def test_the_deepest_zone_is_changed_where_none_is_set(
    server: DnsServer, update: DnsUpdate
) -> None:
    set_one(update, "_acme-challenge.b.sub.example")

    assert server.txt("_acme-challenge.b.sub.example") == {"value"}
    assert "sub.example. IN SOA" in server.updates[0]


def test_the_zone_that_is_set_is_changed(server: DnsServer, update: DnsUpdate) -> None:
    set_one(replace(update, zone="example"), "_acme-challenge.b.sub.example")

    assert "\nexample. IN SOA" in server.updates[0]


def test_a_name_outside_of_the_zone_that_is_set_is_refused(update: DnsUpdate) -> None:
    assert refused(replace(update, zone="acme.test")) == (
        f"{NAME} is not in the zone acme.test: make it an alias of a name there, or change"
        " issuing.acme.dns.update.zone"
    )


def test_an_alias_in_our_zones_is_followed(server: DnsServer, update: DnsUpdate) -> None:
    server.add(NAME, "CNAME", "a.acme.test.")

    async def run() -> None:
        one = records(update)
        await one.set(NAME, "value")
        assert server.txt("a.acme.test") == {"value"}
        await one.unset(NAME, "value")
        assert server.txt("a.acme.test") == set()

    asyncio.run(run())


def test_an_alias_in_a_zone_of_others_is_followed(server: DnsServer, update: DnsUpdate) -> None:
    """The server of ``acme.test`` knows nothing of the names that are delegated to it."""
    name = "_acme-challenge.shop.invalid"
    resolver = Elsewhere({name: "shop.acme.test", "unused": ""})
    set_one(replace(update, zone="acme.test"), name, resolver)

    assert server.txt("shop.acme.test") == {"value"}
    assert name in resolver.asked


def test_a_record_is_removed_where_it_was_set_though_its_alias_changed(
    server: DnsServer, update: DnsUpdate
) -> None:
    async def run() -> None:
        one = records(update)
        await one.set(NAME, "value")
        server.add(NAME, "CNAME", "a.acme.test.")
        await one.unset(NAME, "value")

    asyncio.run(run())
    assert server.txt(NAME) == set()


def test_aliases_that_lead_back_are_refused(server: DnsServer, update: DnsUpdate) -> None:
    server.add(NAME, "CNAME", "b.example.")
    server.add("b.example", "CNAME", f"{NAME}.")

    assert refused(update) == f"{NAME} is an alias that leads nowhere: {NAME}"


def test_too_many_aliases_are_refused(server: DnsServer, update: DnsUpdate) -> None:
    server.add(NAME, "CNAME", "b0.example.")
    for number in range(20):
        server.add(f"b{number}.example", "CNAME", f"b{number + 1}.example.")

    assert "is an alias that leads nowhere" in refused(update)


def test_a_zone_that_the_server_does_not_keep_is_said_to_be_none(
    server: DnsServer, update: DnsUpdate
) -> None:
    assert refused(update, "_acme-challenge.shop.invalid") == (
        f"DNS server 127.0.0.1:{server.port} keeps no zone that _acme-challenge.shop.invalid is in:"
        " check issuing.acme.dns.update"
    )


def test_a_zone_that_is_set_and_not_kept_is_said_to_be_none(
    server: DnsServer, update: DnsUpdate
) -> None:
    name = "_acme-challenge.shop.invalid"
    assert refused(replace(update, zone="invalid"), name) == (
        f"DNS server 127.0.0.1:{server.port} does not keep the zone invalid, or does not take what"
        f" is sent with the key acme-key, and did not set {name}"
    )


def test_a_refusal_is_told(server: DnsServer, update: DnsUpdate) -> None:
    assert refused(update, "_acme-challenge.refused.test") == (
        f"DNS server 127.0.0.1:{server.port} refused to set _acme-challenge.refused.test with the"
        " key acme-key: permit it there"
    )


def test_updates_without_a_key_are_sent_where_none_is_set(
    server: DnsServer, update: DnsUpdate
) -> None:
    assert refused(replace(update, key_name="", key_file="")) == (
        f"DNS server 127.0.0.1:{server.port} refused to set {NAME} without a key: permit it there"
    )


def test_a_server_that_fails_is_told(server: DnsServer, update: DnsUpdate) -> None:
    server.failing = dns.rcode.SERVFAIL

    assert refused(update) == (
        f"DNS server 127.0.0.1:{server.port} answered SERVFAIL, and did not set {NAME}"
    )


def test_an_unknown_key_is_told(server: DnsServer, update: DnsUpdate) -> None:
    assert refused(replace(update, key_name="another")) == (
        f"DNS server 127.0.0.1:{server.port} does not know the key another, and did not set {NAME}"
    )


def test_a_wrong_secret_is_told_and_the_right_one_is_read_without_a_restart(
    server: DnsServer, update: DnsUpdate
) -> None:
    file = Path(update.key_file)
    file.write_bytes(base64.b64encode(b"another secret of many octets..."))
    assert refused(update) == (
        f"DNS server 127.0.0.1:{server.port} has another secret, or algorithm, for the key acme-key"
        f", and did not set {NAME}"
    )
    file.write_text(SECRET)
    set_one(update)
    assert server.txt(NAME) == {"value"}


def test_the_algorithm_is_the_one_that_is_set(tmp_path: Path, update: DnsUpdate) -> None:
    with DnsServer(["example"], algorithm="hmac-sha512") as other:
        there = replace(update, port=other.port)
        assert "does not know the key acme-key" in refused(there)
        set_one(replace(there, algorithm="hmac-sha512"))
        assert other.txt(NAME) == {"value"}


@pytest.mark.parametrize("content", ["", "not base64!", "=", "ä", SECRET * 100])
def test_a_file_without_a_key_is_told_and_not_shown(update: DnsUpdate, content: str) -> None:
    Path(update.key_file).write_text(content)

    assert refused(update) == (
        f"key file {update.key_file} has no key: write what stands after secret, in base64"
    )


def test_a_key_that_everybody_may_read_is_not_used(server: DnsServer, update: DnsUpdate) -> None:
    Path(update.key_file).chmod(0o644)

    assert refused(update) == f"key file {update.key_file} is open to everybody: chmod 0600 it"
    assert server.updates == []


def test_a_key_file_that_is_not_there_is_told(update: DnsUpdate) -> None:
    Path(update.key_file).unlink()

    assert refused(update) == (
        f"key file {update.key_file} cannot be read: No such file or directory"
    )


def test_a_server_that_is_not_there_is_told(
    update: DnsUpdate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.3)
    port = free_port()

    assert refused(replace(update, port=port)) == f"DNS server 127.0.0.1:{port} does not answer"


def test_a_question_that_got_lost_is_asked_again(
    server: DnsServer, update: DnsUpdate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.5)
    really, lost = server.answer, [True]

    def answer(wire: bytes, most: int) -> bytes | None:
        return None if lost and lost.pop() else really(wire, most)

    monkeypatch.setattr(server, "answer", answer)
    set_one(update)

    assert lost == []
    assert server.txt(NAME) == {"value"}


def test_a_server_that_takes_no_updates_is_told(
    server: DnsServer, update: DnsUpdate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers questions, which are sent over UDP, and closes connections."""
    monkeypatch.setattr(server, "answer", _only_questions(server))

    assert refused(replace(update, zone="example")) == (
        f"DNS server 127.0.0.1:{server.port} closed the connection: could not set {NAME}"
    )


def _only_questions(server: DnsServer) -> Callable[[bytes, int], bytes | None]:
    really = server.answer
    return lambda wire, most: really(wire, most) if most == DATAGRAM else None


def test_a_server_that_is_silent_is_told(
    server: DnsServer, update: DnsUpdate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.3)
    server.silent = True

    assert refused(update) == f"DNS server 127.0.0.1:{server.port} does not answer"


def test_a_server_may_have_a_name(server: DnsServer, update: DnsUpdate) -> None:
    resolver = Elsewhere(addresses={"ns1.hidden.test": ["127.0.0.1"]})
    set_one(replace(update, server="ns1.hidden.test"), resolver=resolver)
    assert server.txt(NAME) == {"value"}

    assert refused(replace(update, server="ns2.hidden.test"), resolver=resolver) == (
        "DNS server ns2.hidden.test has no address"
    )


# Until the servers of the zone show it


def test_a_record_is_waited_for_until_it_is_shown(server: DnsServer, update: DnsUpdate) -> None:
    server.hiding = True

    async def run() -> None:
        setting = asyncio.ensure_future(records(update).set(NAME, "value"))
        while not server.updates:
            await asyncio.sleep(0.01)
        assert not setting.done()
        server.hiding = False
        await setting

    asyncio.run(run())


def test_a_record_that_is_not_shown_in_time_is_told_and_can_be_withdrawn(
    server: DnsServer, update: DnsUpdate
) -> None:
    server.hiding = True

    async def run() -> None:
        one = records(update, 0.5)
        with pytest.raises(NotAnswered) as error:
            await one.set(NAME, "value")
        assert str(error.value) == (
            f"{NAME} was set, but after 0.5 s it is not shown by 127.0.0.1:{server.port}"
        )
        await one.unset(NAME, "value")

    asyncio.run(run())
    assert server.txt(NAME) == set()


def place(server: DnsServer, name: str = "ns") -> NameServer:
    return NameServer(name, "127.0.0.1", server.port)


def test_every_server_that_answers_has_to_show_it(server: DnsServer) -> None:
    name = dns.name.from_text(NAME)
    server.add(NAME, "TXT", "value")
    with DnsServer(["example"]) as secondary:

        async def run() -> None:
            wait = showing.shown([place(server), place(secondary, "ns2")], name, "value", PATIENT)
            waiting = asyncio.ensure_future(wait)
            await asyncio.sleep(0.05)
            assert not waiting.done()
            secondary.add(NAME, "TXT", "value")
            await waiting

        asyncio.run(run())


def test_those_that_are_behind_are_named(server: DnsServer) -> None:
    name = dns.name.from_text(NAME)
    server.add(NAME, "TXT", "value")
    with DnsServer(["example"]) as behind, DnsServer(["other"]) as lame:
        servers = [place(server), place(behind, "ns2.test"), place(lame, "ns3.test")]
        with pytest.raises(NotAnswered) as error:
            asyncio.run(showing.shown(servers, name, "value", 2))
    assert str(error.value) == (
        f"{NAME} was set, but after 2 s it is not shown by ns2.test (127.0.0.1:{behind.port})"
        f" and ns3.test (127.0.0.1:{lame.port})"
    )


def test_a_server_that_cannot_be_reached_from_here_is_left_out(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.1)
    server.add(NAME, "TXT", "value")
    with DnsServer(["example"]) as silent:
        silent.silent = True
        servers = [place(server), place(silent, "ns2")]
        asyncio.run(showing.shown(servers, dns.name.from_text(NAME), "value", PATIENT))


def test_the_server_that_was_told_is_not_left_out(
    server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.1)
    server.silent = True
    with pytest.raises(NotAnswered, match="after 1 s it is not shown by ns"):
        asyncio.run(showing.shown([place(server)], dns.name.from_text(NAME), "value", 1.0))


def test_servers_of_a_zone_that_have_other_addresses_are_asked_too(
    server: DnsServer, update: DnsUpdate, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[NameServer] = []
    really = asking.asked

    async def noted(
        one: NameServer, name: dns.name.Name, kind: dns.rdatatype.RdataType
    ) -> Told | None:
        asked.append(one)
        if one.port != server.port:
            raise NotAnswered("nobody is there")
        return await really(one, name, kind)

    monkeypatch.setattr(showing, "asked", noted)
    server.add("ns.example", "A", "127.0.0.1")
    server.add("ns.example", "A", "127.0.0.77")
    server.add("ns.example", "AAAA", "::1")
    set_one(update)

    assert {(one.name, one.address, one.port) for one in asked} == {
        ("127.0.0.1", "127.0.0.1", server.port),
        ("ns.example", "127.0.0.77", 53),
        ("ns.example", "::1", 53),
    }


def test_a_value_longer_than_a_question_may_be_is_seen_over_tcp(
    server: DnsServer, update: DnsUpdate
) -> None:
    for number in range(30):
        server.add(NAME, "TXT", f"{number:043d}")
    set_one(update)
    assert len(server.txt(NAME)) == 31
