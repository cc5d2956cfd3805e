# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates come with the change that needs them, and are the same after a restart."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from samples.certificates import leaf
from samples.config import FilesInMemory
from sluice_proxy.config.loading import Base, parse_base
from sluice_proxy.issuing.authority_folder import KEY
from sluice_proxy.issuing.issuer import Issuer
from sluice_proxy.resources.certifying import (
    Certified,
    certify,
    foresee,
    leaves_in,
    refuse_unmade,
)
from sluice_proxy.resources.composing import snapshot_of
from sluice_proxy.resources.edition import Edition
from sluice_proxy.resources.model import Batch, Declare, Kind, Outcome, Withdraw
from sluice_proxy.resources.opening import open_edition
from sluice_proxy.resources.planning import finished, plan
from sluice_proxy.resources.refusing import Invalid
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.store.items import Key, Put
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.tls.reading import with_tls_read

START = datetime(2026, 5, 1, tzinfo=UTC)
FILES = FilesInMemory()


def read(text: str) -> Base:
    def complete(snapshot: Snapshot) -> tuple[Snapshot, list[Any]]:
        return with_tls_read(snapshot)

    return parse_base(text.encode(), file="edge.yml", files=FILES, complete=complete)


class Proxy:
    """What a supervisor does with editions, certificates and a store, without any process."""

    def __init__(self, folder: Path, store: MemoryStore | None = None, text: str = "") -> None:
        self.folder = folder
        self.store = store or MemoryStore()
        self.now = START
        self.issuer = Issuer({}, "desk")
        contents = self.store.read(None)
        base = read(text or f"issuing: {{provider: local_ca, folder: {folder}}}")
        self.held = leaves_in(contents)
        self.renew(open_edition(base, contents, FILES))

    def certify(self, edition: Edition) -> Certified:
        return certify(edition, self.held, self.issuer, self.now)

    def renew(self, edition: Edition | None = None) -> Certified:
        """Look at what is to be renewed, as at the start and now and then."""
        certified = self.certify(edition or self.edition)
        self.store.apply(certified.changes, {})
        self._in_force(certified, certified.edition)
        return certified

    def change(self, *changes: Declare | Withdraw) -> Outcome:
        planned = plan(self.edition, Batch(changes), FILES)
        certified = self.certify(planned.edition)
        refuse_unmade(certified.settled.troubles, planned.operations)
        applied = self.store.apply((*planned.changes, *certified.changes), {})
        edition, outcome = finished(replace(planned, edition=certified.edition), applied)
        self._in_force(certified, edition)
        return outcome

    def _in_force(self, certified: Certified, edition: Edition) -> None:
        self.edition, self.held = edition, certified.settled.leaves
        self.snapshot = snapshot_of(edition, 1, certified.automatic)

    def refused(self, *changes: Declare | Withdraw) -> list[str]:
        before = self.store.read(None)
        with pytest.raises(Invalid) as invalid:
            self.change(*changes)
        assert self.store.read(None) == before
        return list(map(str, invalid.value.problems))

    @property
    def shown(self) -> list[tuple[str, ...]]:
        """The names of all certificates, in the order in which they are looked at."""
        return [one.hosts for one in self.snapshot.certificates]

    @property
    def told(self) -> dict[str, str | None]:
        """The fingerprint that the API tells of each declared certificate."""
        certificates = self.edition.declared.of_kind[Kind.CERTIFICATE]
        return {name: one.leaf and one.leaf.fingerprint for name, one in certificates.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "ca"


@pytest.fixture
def proxy(folder: Path) -> Proxy:
    return Proxy(folder)


def route(name: str, host: str, **document: Any) -> Declare:
    return Declare(Kind.ROUTE, name, {"hosts": [host], "tls": "auto", **document})


def certificate(name: str, provider: str, *names: str, **document: Any) -> Declare:
    whole = {"provider": provider, "names": list(names), **document}
    return Declare(Kind.CERTIFICATE, name, whole)


def test_a_route_and_its_certificate_come_as_one(proxy: Proxy) -> None:
    outcome = proxy.change(route("a", "a.test"))

    assert outcome.revision == 1
    assert proxy.shown == [("a.test",)]
    contents = proxy.store.read(None)
    assert {key: item.version for key, item in contents.items.items()} == {
        Key("issued", "auto a.test"): 1,
        Key("route", "a"): 1,
    }


def test_a_declared_certificate_is_told_about_and_shown_before_those_of_routes(
    proxy: Proxy,
) -> None:
    outcome = proxy.change(
        route("a", "a.test"),
        route("z", "z.test"),
        certificate("web", "local_ca", "z.test"),
        certificate("own", "self_signed", "any.example.com"),
    )

    assert proxy.shown == [("any.example.com",), ("z.test",), ("a.test",)]
    (made,) = (one.after for one in outcome.operations if one.subject.id == "web")
    assert made is not None
    assert made.leaf is not None
    assert (made.leaf.provider, made.leaf.names) == ("local_ca", ("z.test",))
    assert "sluice development CA" in made.leaf.issuer
    assert proxy.told == {
        "own": proxy.held["own"].issued.fingerprint,
        "web": proxy.held["web"].issued.fingerprint,
    }


def test_a_restart_shows_and_tells_the_same(proxy: Proxy, folder: Path) -> None:
    proxy.change(
        route("a", "a.test"), route("b", "b.test"), certificate("web", "local_ca", "b.test")
    )
    again = Proxy(folder, proxy.store)

    assert again.snapshot.certificates == proxy.snapshot.certificates
    assert again.told == proxy.told
    assert again.store.read(None).revision == 1


def test_a_leaf_that_cannot_be_read_is_made_anew(proxy: Proxy, folder: Path) -> None:
    proxy.change(route("a", "a.test"))
    key = Key("issued", "auto a.test")
    (former,) = proxy.snapshot.certificates
    proxy.store.apply([Put(key, b"damaged")], {})
    again = Proxy(folder, proxy.store)

    assert again.shown == [("a.test",)]
    assert again.snapshot.certificates != (former,)
    assert leaves_in(again.store.read(None)) == again.held


def test_what_goes_takes_its_leaf_along(proxy: Proxy) -> None:
    proxy.change(route("a", "a.test"), certificate("own", "self_signed", "own.test"))
    proxy.change(Withdraw(Kind.ROUTE, "a"), Withdraw(Kind.CERTIFICATE, "own"))

    assert proxy.shown == []
    assert proxy.store.read(None).items == {}


def test_what_was_given_needs_none_of_ours(proxy: Proxy) -> None:
    pair = leaf("*.given.test")
    given = {"provider": "given", "chain": pair.chain.decode(), "key": pair.key_pem().decode()}
    proxy.change(route("a", "a.given.test"), Declare(Kind.CERTIFICATE, "given", given))

    assert proxy.shown == [("*.given.test",)]
    assert proxy.held == {}


def test_certificates_of_the_file_go_before_ours(folder: Path) -> None:
    pair = leaf("a.test")
    lines = (pair.chain + pair.key_pem()).decode().replace("\n", "\n    ")
    text = f"""
issuing: {{provider: local_ca, folder: {folder}, automatic: all}}
certificates:
- chain: &pem |
    {lines}
  key: *pem
routes: [{{hosts: [a.test, b.test]}}]
"""
    proxy = Proxy(folder, text=text)

    assert proxy.shown == [("a.test",), ("b.test",)]


def test_what_the_ca_may_not_issue_is_refused_with_what_declares_it(proxy: Proxy) -> None:
    assert proxy.refused(certificate("web", "local_ca", "bank.test")) == [
        "certificate web, names: bank.test is of no route: declare one for it first, or have names"
        " of issuing allow it in the configuration file"
    ]
    (said,) = proxy.refused(route("a", "bank.example.com"), route("b", "b.test"))
    assert said.startswith("route a, tls: bank.example.com is outside of what")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (certificate("web", "local_ca", "bank.test"), r"bank\.test is of no route"),
        (route("web", "bank.example.com"), r"bank\.example\.com is outside of what"),
    ],
)
def test_a_dry_run_finds_what_may_not_be_made_and_makes_nothing(
    proxy: Proxy, folder: Path, change: Declare, says: str
) -> None:
    shutil.rmtree(folder)
    planned = plan(proxy.edition, Batch((change,)), FILES)
    troubles = foresee(planned.edition, proxy.held, proxy.issuer, proxy.now)

    with pytest.raises(Invalid, match=says):
        refuse_unmade(troubles, planned.operations)
    assert not folder.exists()


def test_a_dry_run_finds_a_ca_that_cannot_be_used(proxy: Proxy, folder: Path) -> None:
    (folder / KEY).unlink()
    planned = plan(proxy.edition, Batch((route("a", "a.test"),)), FILES)

    (trouble,) = foresee(planned.edition, proxy.held, proxy.issuer, proxy.now)
    assert "cannot be read: No such file or directory: put it back" in trouble.message


def test_without_a_provider_a_route_that_asks_is_refused(folder: Path) -> None:
    proxy = Proxy(folder, text=f"issuing: {{folder: {folder}}}")

    assert proxy.refused(route("a", "a.test")) == [
        "route a, tls: nobody makes certificates: set provider of issuing in the configuration file"
    ]
    assert not folder.exists()


def test_a_folder_that_cannot_be_used_stops_only_what_needs_it(proxy: Proxy, folder: Path) -> None:
    proxy.change(route("a", "a.test"))
    for path in folder.iterdir():
        path.chmod(0o644)

    (said,) = proxy.refused(route("b", "b.test"))
    assert said.startswith("route b, tls: ")
    assert "is open to other users: chmod 600" in said
    proxy.change(route("c", "c.test", tls={"min_version": "1.3"}))
    proxy.change(certificate("own", "self_signed", "own.test"))
    assert proxy.shown == [("own.test",), ("a.test",)]


def test_a_route_may_go_though_a_certificate_names_its_host(proxy: Proxy) -> None:
    proxy.change(route("a", "a.test"), certificate("web", "local_ca", "a.test"))
    proxy.change(Withdraw(Kind.ROUTE, "a"))

    assert proxy.shown == []
    assert proxy.told == {"web": None}
    proxy.change(route("a", "a.test"))
    assert proxy.shown == [("a.test",)]


def test_what_is_due_is_renewed_and_told(proxy: Proxy) -> None:
    proxy.change(route("a", "a.test"), certificate("own", "self_signed", "own.test", days=90))
    before = proxy.told, proxy.shown
    proxy.now = START + timedelta(days=61)
    certified = proxy.renew()

    assert [change.key.id for change in certified.changes] == ["own"]
    assert proxy.told != before[0]
    assert proxy.shown == before[1]
    assert leaves_in(proxy.store.read(None)) == proxy.held
    assert proxy.renew().changes == ()


def test_the_same_document_again_keeps_its_leaf(proxy: Proxy) -> None:
    proxy.change(certificate("own", "self_signed", "own.test"))
    before = proxy.told
    proxy.change(replace(certificate("own", "self_signed", "own.test"), owner="me"))

    assert proxy.told == before
    proxy.change(certificate("own", "self_signed", "other.test"))
    assert proxy.told != before


def test_keys_are_in_no_repr(proxy: Proxy) -> None:
    proxy.change(route("a", "a.test"), certificate("own", "self_signed", "own.test"))
    certified = proxy.certify(proxy.edition)

    assert "PRIVATE" not in repr(certified) + repr(certified.edition.declared)
