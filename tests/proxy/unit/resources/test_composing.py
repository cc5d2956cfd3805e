# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file and what is declared become one snapshot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

from samples.certificates import leaf, usual_authority
from samples.resources import (
    CERTIFICATE,
    PAGE,
    ROUTE,
    Running,
    base_of,
    certificate,
    page,
    route,
    without,
)
from sluice_proxy.config.files import FilesBeside, WholePaths
from sluice_proxy.config.loading import parse, parse_base
from sluice_proxy.resources.composing import snapshot_of
from sluice_proxy.resources.edition import with_made, with_versions
from sluice_proxy.resources.model import Origin
from sluice_proxy.resources.opening import open_edition
from sluice_proxy.resources.planning import finished
from sluice_proxy.resources.stored import key_of
from sluice_proxy.routes.model.policies import TlsPolicy
from sluice_proxy.snapshot.snapshot import decode, encode
from sluice_proxy.snapshot.tls import Certificate
from sluice_proxy.store.items import NOTHING, Key, Put, Remove
from sluice_proxy.tls.certificates import read_certificate
from sluice_proxy.tls.reading import with_tls_read

FILE = """
listen: 0.0.0.0:80
tls: {min_version: '1.3', hosts: [{hosts: own.test}]}
pages: {no_route: nothing, errors: {404: four, 502: {content: five}}}
routes:
  - {name: b, hosts: b.test, page: of the file}
  - {hosts: x.test, page: x, tls: {min_version: '1.2'}}
"""


def given(*names: str) -> dict[str, Any]:
    pair = leaf(*names)
    return {
        "provider": "given",
        "chain": pair.chain.decode(),
        "key": pair.key_pem().decode(),
    }


def read(*names: str) -> Certificate:
    return read_certificate(leaf(*names).configured, lambda path: path.encode())


def test_a_file_alone_makes_the_snapshot_that_it_always_made() -> None:
    proxy = Running(FILE)

    assert proxy.snapshot == parse(FILE.encode(), file="f", files=proxy.files)
    assert base_of(FILE).snapshot == proxy.snapshot


def test_routes_of_the_file_come_before_the_declared_ones_by_id() -> None:
    proxy = Running(FILE)
    proxy.change(route("c"), route("a"))

    assert [each.name for each in proxy.snapshot.routes] == ["b", "x.test/", "a", "c"]
    assert decode(encode(proxy.snapshot)) == proxy.snapshot


def test_everything_is_a_resource_that_is_there_with_its_origin() -> None:
    proxy = Running(FILE)
    proxy.change(route("a"), page("502", "declared"))

    declared = proxy.edition.declared
    assert {name: each.origin for name, each in declared.of_kind[ROUTE].items()} == {
        "a": Origin.API,
        "b": Origin.FILE,
        "x.test/": Origin.FILE,
    }
    assert declared.of_kind[ROUTE]["b"].document == {"hosts": "b.test", "page": "of the file"}
    assert declared.of_kind[ROUTE]["b"].version == 0
    assert {name: each.document for name, each in declared.of_kind[PAGE].items()} == {
        "404": {"content": "four"},
        "502": {"content": "declared"},
        "no_route": {"content": "nothing"},
    }


def test_authorities_of_the_file_are_those_that_were_read_with_it(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(usual_authority().pem)
    policy = f"client_certificate: required, client_ca: {ca}"
    text = f"""
        tls: {{{policy}, hosts: [{{hosts: own.test, {policy}}}]}}
        routes: [{{name: a, hosts: a.test, page: x, tls: {{{policy}, min_version: '1.3'}}}}]
        """
    base = parse_base(
        dedent(text).encode(), file="f", files=FilesBeside(tmp_path), complete=with_tls_read
    )
    ca.unlink()

    found = snapshot_of(open_edition(base, NOTHING, WholePaths()), 1)

    authorities = usual_authority().pem.decode()
    assert found == base.snapshot
    assert found.tls.policy.client_ca == authorities
    assert [each.policy.client_ca for each in found.tls.hosts] == [authorities] * 2
    assert with_tls_read(found) == (found, [])


def test_an_empty_file_is_no_resource() -> None:
    for text in ("", "routes:\npages:\ncertificates:\n", "pages: {errors: {}}"):
        assert not any(Running(text).edition.declared.of_kind.values())


def test_a_declared_page_beats_the_files_and_a_page_of_404_serves_without_route_too() -> None:
    proxy = Running("pages: {errors: {502: five}}")
    proxy.change(page("404", "four"), page("502", "declared"), page("no_healthy", "ill"))

    pages = proxy.snapshot.pages
    assert pages.no_route.content == pages.errors[404].content == b"four"
    assert pages.errors[502].content == b"declared"
    assert pages.no_healthy.content == b"ill"
    assert pages.errors[503].content == b"Service Unavailable\n"


def test_tls_of_declared_routes_is_for_their_hosts_beside_the_files() -> None:
    proxy = Running(FILE)
    proxy.change(route("a", hosts="a.test", tls={"min_version": "1.2"}))

    assert [(str(each.host), each.policy) for each in proxy.snapshot.tls.hosts] == [
        ("own.test", TlsPolicy("1.2")),
        ("x.test", TlsPolicy("1.2")),
        ("a.test", TlsPolicy("1.2")),
    ]
    assert proxy.snapshot.tls.policy == TlsPolicy("1.3")


def test_certificates_of_the_file_come_first_then_declared_ones_by_id_then_those_of_routes() -> (
    None
):
    pair = leaf("file.test")
    text = f"certificates: [{{chain: {pair.chain.decode()!r}, key: {pair.key_pem().decode()!r}}}]"
    text = text.replace("'", '"')
    proxy = Running(text)
    proxy.change(
        certificate("z", **given("z.test")),
        certificate("m", provider="self_signed", names="m.test"),
        certificate("a", **given("a.test")),
        certificate("n", provider="local_ca", names="n.test"),
    )
    proxy.edition = with_made(proxy.edition, {"m": read("m.test")}, {"m": "self_signed"})

    found = snapshot_of(proxy.edition, 3, [read("auto.test")])

    assert found.version == 3
    assert [each.hosts for each in found.certificates] == [
        (),
        ("a.test",),
        ("m.test",),
        ("z.test",),
        ("auto.test",),
    ]
    again, wrong = with_tls_read(found)
    assert wrong == []
    assert again.certificates[1:4] == found.certificates[1:4]


def test_a_certificate_that_is_made_while_its_change_is_planned_is_told_and_kept() -> None:
    proxy = Running()
    planned = proxy.plan(certificate("m", provider="self_signed", names="m.test"))
    planned = replace(
        planned, edition=with_made(planned.edition, {"m": read("m.test")}, {"m": "self_signed"})
    )

    proxy.edition, outcome = finished(planned, proxy.store.apply(planned.changes, {}))

    (operation,) = outcome.operations
    assert operation.after is not None
    assert operation.after.leaf is not None
    assert operation.after.leaf.provider == "self_signed"
    assert proxy.edition.declared.of_kind[CERTIFICATE]["m"] == operation.after
    proxy.change(route("a"))
    assert [each.hosts for each in proxy.snapshot.certificates] == [("m.test",)]


def test_what_was_made_for_other_names_is_not_shown_any_more() -> None:
    proxy = Running()
    proxy.change(certificate("m", provider="self_signed", names="m.test"))
    proxy.edition = with_made(proxy.edition, {"m": read("m.test")}, {"m": "self_signed"})

    proxy.change(replace(certificate("m", provider="self_signed", names="m.test"), owner="me"))
    assert [each.hosts for each in proxy.snapshot.certificates] == [("m.test",)]
    proxy.change(certificate("m", provider="self_signed", names=["m.test", "n.test"]))
    assert proxy.snapshot.certificates == ()
    assert proxy.edition.declared.of_kind[CERTIFICATE]["m"].leaf is None


def test_a_file_that_changed_is_taken_by_declaring_the_same_again() -> None:
    class Changing:
        content = b"one"

        def resolved(self, name: str) -> str:
            return name

        def read(self, name: str) -> bytes:
            return self.content

    proxy = Running()
    proxy.files = files = Changing()
    asked = route("a", hosts="a.test", page={"file": "/page"})
    proxy.change(asked)
    files.content = b"two"
    proxy.change(route("b"))

    assert [each.page.content for each in proxy.snapshot.routes if each.page] == [b"one"]
    outcome = proxy.change(asked)

    assert [each.verb for each in outcome.operations] == ["replace"]
    assert outcome.revision == 2
    assert [each.page.content for each in proxy.snapshot.routes if each.page] == [b"two"]
    files.content = b"three"
    assert proxy.reread("") == ()
    assert [each.page.content for each in proxy.snapshot.routes if each.page] == [b"three"]


def test_a_file_that_is_gone_leaves_what_was_declared_as_it_was_and_is_told() -> None:
    class Going:
        there = True

        def resolved(self, name: str) -> str:
            return name

        def read(self, name: str) -> bytes:
            if self.there:
                return b"one"
            raise ValueError(f"there is no file {name}")

    proxy = Running()
    proxy.files = files = Going()
    proxy.change(route("a", hosts="a.test", page={"file": "/page"}))
    files.there = False

    assert list(map(str, proxy.reread(""))) == ["route a, page.file: there is no file /page"]
    assert [each.page.content for each in proxy.snapshot.routes if each.page] == [b"one"]


def test_routes_that_stay_are_the_same_objects() -> None:
    proxy = Running()
    proxy.change(route("a"), route("b"))
    (former, _changed) = proxy.snapshot.routes

    proxy.change(route("a"), route("b", hosts="b.test", page="x"))
    proxy.reread("")

    assert proxy.snapshot.routes[0] is former


def test_removing_a_certificate_takes_it_out_of_the_snapshot() -> None:
    proxy = Running()
    proxy.change(certificate("a", **given("a.test")))
    proxy.change(without("a", CERTIFICATE))

    assert proxy.snapshot.certificates == ()
    assert proxy.restarted().snapshot.certificates == ()


def test_an_edition_takes_over_what_the_store_says_after_a_change_was_taken_back() -> None:
    proxy = Running()
    proxy.change(route("a"), route("b"))
    before = proxy.edition
    kept = proxy.store.read(None).items[key_of(ROUTE, "a")].document
    proxy.change(route("a", hosts="a.test", page="x"), route("c"))

    back = [Put(key_of(ROUTE, "a"), kept), Remove(key_of(ROUTE, "c"))]
    proxy.edition = with_versions(before, proxy.store.apply(back, {}))

    assert proxy.edition.declared == proxy.restarted().edition.declared
    assert proxy.edition.declared.of_kind[ROUTE]["a"].version == 3
    assert proxy.refused(route("b"), unchanged={ROUTE: 2}) != ()
    proxy.change(route("a", expected=3, page="x"))


def test_what_else_is_put_into_the_store_changes_the_revision_alone() -> None:
    proxy = Running()
    proxy.change(route("a"))

    applied = proxy.store.apply([Put(Key("issued", "x"), b"")], {})
    proxy.edition = with_versions(proxy.edition, applied)

    assert proxy.edition.declared.revision == 2
    assert proxy.edition.declared.of_kind[ROUTE]["a"].version == 1
    proxy.change(route("b"), unchanged={ROUTE: 1})
