# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates are made when they are first wanted, kept over restarts, and renewed in time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sluice_proxy.issuing.authority import new_authority
from sluice_proxy.issuing.authority_folder import CERTIFICATE, KEY, load, load_or_make
from sluice_proxy.issuing.building import MOST_DAYS
from sluice_proxy.issuing.issuer import Issuer, Settled
from sluice_proxy.issuing.leaves import BadLeaf, Leaf, decode_leaf, encode_leaf
from sluice_proxy.issuing.wanting import Demand, Wanted
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.issuing import Issuing, Provider

START = datetime(2026, 5, 1, tzinfo=UTC)
NONE: Mapping[str, Leaf] = {}
NONE_SET: Mapping[str, str] = {}


class At:
    """Settles at a moment that a test sets."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.now = START
        self._issuer = Issuer(environ, "desk")

    def settle(self, demand: Demand, held: Mapping[str, Leaf]) -> Settled:
        return self._issuer.settle(demand, held, self.now)


@pytest.fixture
def issuer() -> At:
    return At(NONE_SET)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


def route(name: str, *hosts: str) -> Route:
    return Route(name, hosts=tuple(map(parse_host_pattern, hosts)), certificate_made=True)


def of_ca(folder: Path, *hosts: str) -> Demand:
    """Return the demand of routes that ask for certificates of the CA."""
    issuing = Issuing(Provider.LOCAL_CA, folder=str(folder))
    return Demand(issuing, routes=[route(host, host) for host in hosts])


def of_documents(folder: Path, *documents: Wanted) -> Demand:
    names = tuple(map(parse_host_pattern, (".test",)))
    return Demand(Issuing(folder=str(folder), names=names), documents)


def declared(name: str, provider: Provider, names: Iterable[str], days: int = MOST_DAYS) -> Wanted:
    return Wanted(name, provider, tuple(names), days)


def leaf(settled: Settled, name: str) -> x509.Certificate:
    """Return the certificate that a snapshot has for an id."""
    text = settled.leaves[name].configured.chain.text
    assert text is not None
    return x509.load_pem_x509_certificate(text)


def fingerprints(settled: Settled) -> dict[str, str]:
    return {name: one.issued.fingerprint for name, one in settled.leaves.items()}


def again(issuer: At, demand: Demand, before: Settled) -> Settled:
    """Settle as after a restart: with what the store has."""
    read = {name: decode_leaf(encode_leaf(one)) for name, one in before.leaves.items()}
    return issuer.settle(demand, read)


def test_a_route_gets_a_leaf_of_the_ca_which_is_made_for_it(issuer: At, folder: Path) -> None:
    settled = issuer.settle(of_ca(folder, "a.test", "b.test"), NONE)

    assert list(settled.leaves) == list(settled.put) == ["auto a.test", "auto b.test"]
    assert (settled.removed, settled.troubles, settled.trouble) == ((), (), "")
    assert settled.authority is not None
    leaf(settled, "auto a.test").verify_directly_issued_by(settled.authority.certificate)
    assert settled.authority.fingerprint == load(folder).fingerprint
    one = settled.leaves["auto a.test"].configured
    assert (one.hosts, one.expires) == (
        ("a.test",),
        leaf(settled, "auto a.test").not_valid_after_utc.timestamp(),
    )


def test_a_ca_is_there_to_be_trusted_before_the_first_route(issuer: At, folder: Path) -> None:
    settled = issuer.settle(of_ca(folder), NONE)

    assert settled.leaves == {}
    assert settled.authority is not None
    assert (folder / CERTIFICATE).read_bytes() == settled.authority.pem


def test_where_nobody_wants_one_there_is_no_ca(issuer: At, folder: Path) -> None:
    documents = [declared("a", Provider.SELF_SIGNED, ["a.test"])]
    settled = issuer.settle(of_documents(folder, *documents), NONE)

    assert settled.authority is None
    assert not folder.exists()


def test_the_authority_of_mkcert_is_used_where_it_is_installed_and_else_our_own(
    tmp_path: Path,
) -> None:
    theirs, ours = tmp_path / "mkcert", tmp_path / "ca"
    issuer = At({"CAROOT": str(theirs)})
    issuing = Issuing(Provider.LOCAL_CA, folder=str(ours), mkcert=True)
    demand = Demand(issuing, routes=[route("a", "a.test")])
    without = issuer.settle(demand, NONE)
    assert without.authority is not None
    assert without.authority.fingerprint == load(ours).fingerprint

    load_or_make(theirs, lambda: new_authority(START, host="mkcert"))
    (theirs / CERTIFICATE).rename(theirs / "rootCA.pem")
    (theirs / KEY).rename(theirs / "rootCA-key.pem")
    settled = issuer.settle(demand, without.leaves)
    assert settled.authority is not None
    assert "CN=sluice development CA mkcert" in settled.authority.called
    leaf(settled, "auto a.test").verify_directly_issued_by(settled.authority.certificate)


def test_a_declared_one_has_its_days_and_needs_no_provider(issuer: At, folder: Path) -> None:
    documents = [
        declared("short", Provider.SELF_SIGNED, ["any.example.com"], 9),
        declared("of ca", Provider.LOCAL_CA, ["a.test", "127.0.0.1"]),
    ]
    names = tuple(map(parse_host_pattern, ("a.test", "127.0.0.1")))
    settled = issuer.settle(Demand(Issuing(folder=str(folder), names=names), documents), NONE)

    one = leaf(settled, "short")
    one.verify_directly_issued_by(one)
    assert one.not_valid_after_utc - one.not_valid_before_utc < timedelta(days=9)
    assert settled.authority is not None
    leaf(settled, "of ca").verify_directly_issued_by(settled.authority.certificate)


def test_a_restart_shows_the_same_leaves(issuer: At, folder: Path) -> None:
    documents = [declared("self", Provider.SELF_SIGNED, ["self.test"])]
    demand = Demand(of_ca(folder).issuing, documents, [route("a", "a.test")])
    first = issuer.settle(demand, NONE)
    second = again(issuer, demand, first)

    assert set(first.leaves) == {"self", "auto a.test"}
    assert fingerprints(second) == fingerprints(first)
    assert second.leaves == first.leaves
    assert (dict(second.put), second.removed) == ({}, ())


def test_what_is_new_changes_no_other_and_what_nobody_wants_goes(issuer: At, folder: Path) -> None:
    first = issuer.settle(of_ca(folder, "a.test", "b.test"), NONE)
    second = issuer.settle(of_ca(folder, "b.test", "c.test"), first.leaves)

    assert list(second.put) == ["auto c.test"]
    assert second.removed == ("auto a.test",)
    assert second.leaves["auto b.test"] is first.leaves["auto b.test"]


def test_the_order_of_names_makes_no_other_certificate_and_another_name_does(
    issuer: At, folder: Path
) -> None:
    def settle(held: Mapping[str, Leaf], *names: str, days: int = 90) -> Settled:
        wanted = declared("a", Provider.SELF_SIGNED, names, days)
        return issuer.settle(of_documents(folder, wanted), held)

    first = settle(NONE, "a.test", "b.test")
    assert not settle(first.leaves, "b.test", "a.test").put
    assert settle(first.leaves, "a.test").put
    assert settle(first.leaves, "a.test", "b.test", days=30).put


def test_another_provider_makes_another_leaf(issuer: At, folder: Path) -> None:
    routes = [route("a", "a.test")]
    first = issuer.settle(Demand(Issuing(Provider.SELF_SIGNED, folder=str(folder)), (), routes), {})
    second = issuer.settle(of_ca(folder, "a.test"), first.leaves)

    one = leaf(first, "auto a.test")
    one.verify_directly_issued_by(one)
    assert second.authority is not None
    leaf(second, "auto a.test").verify_directly_issued_by(second.authority.certificate)


def test_a_leaf_is_kept_until_it_is_due_and_then_made_anew(issuer: At, folder: Path) -> None:
    demand = of_documents(folder, declared("a", Provider.SELF_SIGNED, ["a.test"], 90))
    first = issuer.settle(demand, NONE)
    issuer.now = START + timedelta(days=59)
    assert not issuer.settle(demand, first.leaves).put

    issuer.now = START + timedelta(days=61)
    second = issuer.settle(demand, first.leaves)
    assert decode_leaf(second.put["a"]) == second.leaves["a"]
    assert second.leaves["a"].issued.lifetime.ends > first.leaves["a"].issued.lifetime.ends
    assert second.leaves["a"].issued.key != first.leaves["a"].issued.key
    assert not issuer.settle(demand, second.leaves).put


def test_a_name_that_lost_its_route_is_shown_no_more(issuer: At, folder: Path) -> None:
    issuing = Issuing(folder=str(folder))
    documents = [declared("a", Provider.LOCAL_CA, ["a.test"])]
    first = issuer.settle(Demand(issuing, documents, [route("a", "a.test")], {"a.test"}), NONE)
    second = issuer.settle(Demand(issuing, documents), first.leaves)

    assert list(first.leaves) == ["a"]
    assert (dict(second.leaves), second.removed) == ({}, ("a",))
    assert ["is of no route" in one.message for one in second.troubles] == [True]


def test_what_one_cannot_have_the_others_still_get(issuer: At, folder: Path) -> None:
    settled = issuer.settle(of_ca(folder, "a.test", "bank.example.com"), NONE)

    assert list(settled.leaves) == ["auto a.test"]
    (trouble,) = settled.troubles
    assert trouble.wanted.routes == ("bank.example.com",)
    assert "bank.example.com is outside of what" in trouble.message


def test_a_folder_that_cannot_be_used_is_told_to_those_who_need_the_ca(
    issuer: At, folder: Path
) -> None:
    folder.write_text("a file")
    documents = [
        declared("self", Provider.SELF_SIGNED, ["self.test"]),
        declared("of ca", Provider.LOCAL_CA, ["a.test"]),
    ]
    settled = issuer.settle(of_documents(folder, *documents), NONE)

    assert list(settled.leaves) == ["self"]
    (trouble,) = settled.troubles
    assert (trouble.wanted.id, trouble.shown) == ("of ca", False)
    assert trouble.message == settled.trouble == f"{folder} cannot be read: Not a directory"


def test_without_its_ca_a_leaf_is_shown_for_as_long_as_it_is_valid(
    issuer: At, folder: Path
) -> None:
    demand = of_ca(folder, "a.test")
    first = issuer.settle(demand, NONE)
    (folder / KEY).chmod(0o640)
    second = issuer.settle(demand, first.leaves)
    assert (fingerprints(second), second.troubles) == (fingerprints(first), ())
    assert "is open to other users" in second.trouble

    issuer.now = START + timedelta(days=300)
    third = issuer.settle(demand, second.leaves)
    assert fingerprints(third) == fingerprints(first)
    assert [(one.wanted.id, one.shown) for one in third.troubles] == [("auto a.test", True)]

    issuer.now = START + timedelta(days=400)
    last = issuer.settle(demand, third.leaves)
    assert (dict(last.leaves), last.removed) == ({}, ("auto a.test",))
    assert [one.shown for one in last.troubles] == [False]


def test_leaves_of_a_former_ca_are_made_anew_by_the_next(issuer: At, folder: Path) -> None:
    demand = of_ca(folder, "a.test")
    first = issuer.settle(demand, NONE)
    for path in folder.iterdir():
        path.unlink()
    second = issuer.settle(demand, first.leaves)

    assert list(second.put) == ["auto a.test"]
    assert second.authority is not None
    assert second.authority.fingerprint == second.leaves["auto a.test"].authority
    assert second.authority.fingerprint != first.leaves["auto a.test"].authority


def test_a_clock_that_is_behind_takes_no_leaf_away(issuer: At, folder: Path) -> None:
    demand = of_ca(folder, "a.test")
    first = issuer.settle(demand, NONE)
    issuer.now = START - timedelta(days=9000)
    second = issuer.settle(demand, first.leaves)

    assert fingerprints(second) == fingerprints(first)
    assert ["check the clock" in one.message for one in second.troubles] == [True]


def test_near_the_end_of_the_ca_what_is_valid_is_shown_on(issuer: At, folder: Path) -> None:
    demand = of_ca(folder, "a.test")
    authority = issuer.settle(demand, NONE).authority
    assert authority is not None
    ends = authority.lifetime.ends
    issuer.now = ends - timedelta(days=2)
    last = issuer.settle(demand, NONE)
    issuer.now = ends - timedelta(hours=1)

    shown = issuer.settle(demand, last.leaves)
    assert fingerprints(shown) == fingerprints(last)
    assert ["have a new CA made" in one.message for one in shown.troubles] == [True]
    issuer.now = ends + timedelta(hours=1)
    assert issuer.settle(demand, last.leaves).removed == ("auto a.test",)


def test_renewing_does_not_spin_as_the_ca_comes_to_its_end(issuer: At, folder: Path) -> None:
    demand = of_ca(folder, "a.test")
    settled = issuer.settle(demand, NONE)
    assert settled.authority is not None
    issuer.now = settled.authority.lifetime.ends - timedelta(days=90)
    made = set()
    for _hour in range(90 * 24):
        issuer.now += timedelta(hours=1)
        settled = issuer.settle(demand, settled.leaves)
        made |= set(fingerprints(settled).values())

    # Each is for a third of what was left.
    assert len(made) < 10


def test_keys_are_shown_by_no_repr(issuer: At, folder: Path) -> None:
    settled = issuer.settle(of_ca(folder, "a.test"), NONE)

    assert b"PRIVATE KEY" in settled.put["auto a.test"]
    for one in (
        settled,
        *settled.leaves.values(),
        *(leaf.configured for leaf in settled.leaves.values()),
    ):
        assert "PRIVATE" not in repr(one)


def test_a_leaf_with_the_key_of_another_is_none(issuer: At, folder: Path) -> None:
    settled = issuer.settle(of_ca(folder, "a.test", "b.test"), NONE)
    one, other = (json.loads(document) for document in settled.put.values())

    with pytest.raises(BadLeaf):
        decode_leaf(json.dumps({**one, "key": other["key"]}).encode())


@pytest.mark.parametrize(
    "document",
    [b"", b"{}", b"[]", b'{"chain": 1}', b"\xff", b'{"chain": "x", "key": "secret", "names": []}'],
)
def test_a_document_that_is_no_leaf_is_refused_without_repeating_it(document: bytes) -> None:
    with pytest.raises(BadLeaf) as refused:
        decode_leaf(document)
    assert "secret" not in str(refused.value)
