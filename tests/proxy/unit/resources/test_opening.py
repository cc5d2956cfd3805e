# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the store has, at the start: each item by itself, and the file before all."""

from __future__ import annotations

import json

import pytest
from samples.resources import CERTIFICATE, PAGE, ROUTE, Running, page, route, without
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.resources.model import Kind, Purge
from sluice_proxy.resources.stored import FORM, Unreadable, decode, encode
from sluice_proxy.store.items import Item, Key, Put
from sluice_proxy.store.memory import MemoryStore

FORM_1 = b'{"form":1,"owner":"me","document":{"hosts":"a.test","page":"\\u00e4"}}'


def store_with(**items: bytes) -> MemoryStore:
    """Return a store with routes of these documents."""
    store = MemoryStore()
    store.apply([Put(Key("route", name), document) for name, document in items.items()], {})
    return store


def reasons(proxy: Running, kind: Kind = ROUTE) -> dict[str, str]:
    return {name: str(out.problem) for name, out in proxy.edition.left_out[kind].items()}


def test_what_was_declared_is_there_after_a_restart() -> None:
    proxy = Running()
    proxy.change(route("b", owner="me"), route("a"), page("502", "oh"))

    again = proxy.restarted()

    assert again.edition.declared == proxy.edition.declared
    assert again.edition.meanings == proxy.edition.meanings
    assert again.snapshot == proxy.snapshot


def test_form_1_stays_readable() -> None:
    resource = decode(Item(Key("route", "a"), 7, FORM_1))

    assert resource.kind is ROUTE
    assert (resource.id, resource.owner, resource.version) == ("a", "me", 7)
    assert resource.document == {"hosts": "a.test", "page": "ä"}
    assert encode(resource) == FORM_1


def test_what_a_later_release_adds_beside_the_document_is_no_matter() -> None:
    whole = {**json.loads(FORM_1), "declared_at": 1}

    assert decode(Item(Key("route", "a"), 7, json.dumps(whole).encode())).owner == "me"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no form"),
        (b"{}", "no form"),
        (b'{"form":true,"owner":"","document":{}}', "no form"),
        (b'{"form":0,"owner":"","document":{}}', "no form"),
        (b'{"form":%d,"owner":"","document":{}}' % (FORM + 1), "later release"),
        (b'{"form":1,"owner":7,"document":{}}', "no owner"),
        (b'{"form":1,"owner":"","document":[]}', "no owner or no document"),
    ],
)
def test_an_item_that_cannot_be_read_is_left_out_and_told(document: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        decode(Item(Key("route", "a"), 7, document))

    proxy = Running(store=store_with(bad=document, good=FORM_1))

    assert proxy.ids() == ["good"]
    assert why in reasons(proxy)["bad"]
    assert reasons(proxy)["bad"].startswith("route bad: ")


def test_a_document_that_means_nothing_any_more_is_left_out_and_told() -> None:
    store = store_with(a=b'{"form":1,"owner":"","document":{"hots":"x"}}', b=FORM_1)

    proxy = Running(store=store)

    assert proxy.ids() == ["b"]
    assert reasons(proxy) == {"a": "route a, hots: there is no key 'hots': did you mean 'hosts'?"}


def test_items_of_other_kinds_are_nothing_to_this() -> None:
    store = MemoryStore()
    store.apply([Put(Key("issued", "x"), b"?")], {})

    proxy = Running(store=store)

    assert reasons(proxy) == {}
    assert proxy.edition.declared.revision == 1


def test_what_was_left_out_can_be_declared_anew() -> None:
    proxy = Running(store=store_with(a=b"?"))

    assert proxy.refused(route("a", expected=0)) != ()
    proxy.change(route("a", expected=1))

    assert proxy.ids() == ["a"]
    assert reasons(proxy) == {}


def test_what_was_left_out_can_be_withdrawn() -> None:
    proxy = Running(store=store_with(a=b"?", b=b"{}"))

    (operation,) = proxy.change(without("a")).operations

    assert operation.before is not None
    assert list(reasons(proxy)) == ["b"]
    assert list(proxy.store.read(None).items) == [Key("route", "b")]


def test_what_is_left_out_is_purged_only_by_whom_it_is_known_to_be_of() -> None:
    mine = b'{"form":1,"owner":"me","document":{"hots":"x"}}'
    proxy = Running(store=store_with(unreadable=b"?", mine=mine, theirs=mine.replace(b"me", b"x")))

    proxy.change(Purge(ROUTE, "me"), Purge(ROUTE, ""))
    assert list(reasons(proxy)) == ["theirs", "unreadable"]
    proxy.change(Purge(ROUTE))
    assert reasons(proxy) == {}


def test_what_the_file_has_meanwhile_goes_before_what_was_declared() -> None:
    proxy = Running()
    proxy.change(route("a"), page("502", "declared"))

    again = proxy.restarted(
        "{routes: [{name: a, hosts: f.test, page: x}], pages: {errors: {502: x}}}"
    )

    assert [str(each.hosts[0]) for each in again.snapshot.routes] == ["f.test"]
    assert again.snapshot.pages.errors[502].content == b"declared"
    assert "the configuration file has one of that id" in reasons(again)["a"]


def test_what_was_left_out_for_what_the_file_has_can_be_withdrawn_and_the_files_stays() -> None:
    proxy = Running()
    proxy.change(route("a"))
    again = proxy.restarted("routes: [{name: a, hosts: f.test, page: x}]")

    assert again.refused(route("a")) != ()
    (operation,) = again.change(without("a")).operations

    assert operation.before is not None
    assert (operation.before.version, reasons(again), dict(again.store.read(None).items)) == (
        1,
        {},
        {},
    )
    assert again.ids() == ["a"]
    assert again.refused(without("a")) != ()


def test_a_route_that_rivals_the_files_is_left_out() -> None:
    proxy = Running()
    proxy.change(route("a"), route("b"))

    again = proxy.restarted("routes: [{name: f, hosts: a.test, page: x}]")

    assert again.ids() == ["b", "f"]
    assert "routes 'f' and 'a' both serve host a.test" in reasons(again)["a"]


def test_of_stored_routes_that_rival_each_other_the_one_declared_last_stays() -> None:
    store = store_with(a=FORM_1, b=FORM_1, c=FORM_1)
    assert Running(store=store).ids() == ["a"]
    # It was taken while the others were left out, as a file of theirs was gone for example.
    store.apply([Put(Key("route", "b"), FORM_1.replace(b'"me"', b'"x"'))], {})

    proxy = Running(store=store)

    assert proxy.ids() == ["b"]
    assert sorted(reasons(proxy)) == ["a", "c"]


def test_a_file_that_is_read_again_goes_with_what_is_declared() -> None:
    proxy = Running("routes: [{name: old, hosts: old.test, page: x}]")
    proxy.change(route("a"), page("502", "oh"))

    assert proxy.reread("routes: [{name: new, hosts: new.test, page: x}]") == ()

    assert proxy.ids() == ["a", "new"]
    assert [each.name for each in proxy.snapshot.routes] == ["new", "a"]
    assert proxy.edition.declared.revision == 1
    assert proxy.snapshot.pages.errors[502].content == b"oh"
    proxy.change(without("a"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "routes: [{name: z, page: x}, {name: a, hosts: f.test, page: x}]",
            "edge.yml:1:30: routes[1]: route 'a' of this file is declared by the API too: withdraw"
            " it there, or call this one otherwise",
        ),
        (
            "routes: [{name: z, page: x, hosts: a.test}]",
            "edge.yml:1:10: routes[0]: routes 'z' and 'a' both serve host a.test, path /: change"
            " one of them (what the API declared counts as well)",
        ),
        (
            "tls: {hosts: [{hosts: b.test}]}",
            "edge.yml:1:14: tls.hosts: tls.hosts of the file has another TLS policy for host"
            " b.test: leave one out (what the API declared counts as well)",
        ),
    ],
)
def test_a_file_that_takes_what_is_declared_is_refused_and_both_are_named(
    text: str, said: str
) -> None:
    proxy = Running()
    proxy.change(route("a"), route("b", hosts="b.test", tls={"min_version": "1.3"}))
    before = proxy.edition

    with pytest.raises(InvalidConfig) as refused:
        proxy.reread(text)

    assert str(refused.value) == said
    assert proxy.edition is before


def test_what_was_left_out_comes_in_when_the_file_makes_place_for_it() -> None:
    proxy = Running()
    proxy.change(route("a"), route("b"))
    again = proxy.restarted("routes: [{name: a, page: x}, {name: f, hosts: b.test, page: y}]")
    assert sorted(reasons(again)) == ["a", "b"]

    again.reread("routes: [{name: f, hosts: b.test, page: y}]")

    assert again.ids() == ["a", "f"]
    assert list(reasons(again)) == ["b"]


def test_the_kinds_of_resources_are_those_of_the_store() -> None:
    # What is in stores cannot be called otherwise.
    assert [str(kind) for kind in (ROUTE, CERTIFICATE, PAGE)] == ["route", "certificate", "page"]
