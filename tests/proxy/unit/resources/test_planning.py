# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a batch comes to: the least that has to be done, or everything that is wrong with it."""

from __future__ import annotations

import pytest
from samples.resources import CERTIFICATE, PAGE, ROUTE, Running, page, route, without
from sluice_proxy.resources.model import Operation, Outcome, Purge, Verb

FILE = "routes: [{name: of-file, hosts: file.test, page: hello}]"


def said(outcome: Outcome) -> list[str]:
    return [f"{each.verb} {each.subject.kind} {each.subject.id}" for each in outcome.operations]


def test_what_is_new_is_made_and_has_the_version_of_the_store() -> None:
    proxy = Running()

    outcome = proxy.change(route("a"), page("502", "oh"))

    assert said(outcome) == ["create route a", "create page 502"]
    assert outcome.revision == 1
    assert [each.before for each in outcome.operations] == [None, None]
    assert [each.after.version for each in outcome.operations if each.after] == [1, 1]
    assert proxy.edition.declared.of_kind[ROUTE]["a"].version == 1


def test_what_is_there_already_is_no_change() -> None:
    proxy = Running()
    proxy.change(route("a"), route("b"))
    before = proxy.edition

    outcome = proxy.change(route("a"), route("b"))

    assert outcome == Outcome(1, (), 2)
    assert proxy.edition == before


@pytest.mark.parametrize(
    "written",
    [
        {"hosts": ["A.test"], "targets": ["http://10.0.0.1:80"]},
        {"hosts": "a.test", "targets": [{"url": "http://10.0.0.1/"}], "name": "a"},
        {"hosts": "a.test", "targets": "http://10.0.0.1", "paths": "/", "retry": {"attempts": 2}},
    ],
)
def test_a_document_that_means_the_same_is_no_change_and_the_text_stays(
    written: dict[str, object],
) -> None:
    proxy = Running()
    proxy.change(route("a"))

    assert said(proxy.change(route("a", **written))) == []
    assert proxy.edition.declared.of_kind[ROUTE]["a"].document == route("a").document


def test_what_is_equal_to_python_alone_is_read_and_refused() -> None:
    proxy = Running()
    proxy.change(route("a", page="x", keep_host=True))

    assert proxy.refused(route("a", page="x", keep_host=1)) == (
        "Invalid",
        "route a, keep_host: write true or false here",
    )
    proxy.change(route("a", page="x", keep_host=True))


def test_a_changed_document_replaces_the_former_one_whole() -> None:
    proxy = Running()
    proxy.change(route("a", hosts="a.test", page="one", keep_host=False), route("b"))

    outcome = proxy.change(route("a", hosts="a.test", page="two"), route("b"))

    (operation,) = outcome.operations
    assert operation.verb is Verb.REPLACE
    assert operation.before is not None
    assert operation.before.version == 1
    assert operation.after is not None
    assert operation.after.version == 2
    assert operation.after.document == {"hosts": "a.test", "page": "two"}
    assert outcome.unchanged == 1
    (changed, _unchanged) = proxy.snapshot.routes
    assert changed.keep_host


def test_removing_what_is_absent_is_no_change() -> None:
    proxy = Running()

    assert proxy.change(without("a"), without("x", CERTIFICATE)) == Outcome(0, (), 2)


def test_what_is_removed_is_gone_from_store_and_snapshot() -> None:
    proxy = Running()
    proxy.change(route("a"), route("b"))

    assert said(proxy.change(without("a"))) == ["remove route a"]
    assert [each.name for each in proxy.snapshot.routes] == ["b"]
    assert proxy.restarted().ids() == ["b"]


def test_operations_come_in_the_order_of_the_batch_and_purges_by_id_after_them() -> None:
    proxy = Running()
    proxy.change(*map(route, "edcba"))

    outcome = proxy.change(route("z"), without("c"), Purge(ROUTE), route("b", page="x"))

    assert said(outcome) == [
        "create route z",
        "remove route c",
        "replace route b",
        "remove route a",
        "remove route d",
        "remove route e",
    ]


def test_the_same_resource_twice_in_a_batch_is_refused_and_both_are_named() -> None:
    said = Running().refused(route("a"), route("b"), without("a"))

    assert said == ("Invalid", "route a: changes[0] and changes[2] are both for it: leave one out")


def test_one_id_of_two_kinds_is_no_duplicate() -> None:
    proxy = Running()

    assert len(proxy.change(route("502"), page("502", "x")).operations) == 2


@pytest.mark.parametrize("change", [route("of-file"), without("of-file")])
def test_a_route_of_the_file_is_changed_there(change: object) -> None:
    said = Running(FILE).refused(change)  # type: ignore[arg-type]

    assert said == ("OfFile", "route of-file: the configuration file has it: change it there")


def test_a_certificate_of_the_file_is_changed_there() -> None:
    proxy = Running("certificates: [{chain: c.pem, key: k.pem}]")

    (error, problem) = proxy.refused(without("certificates[0]", CERTIFICATE))

    assert error == "OfFile"
    assert problem.startswith("certificate certificates[0]: ")


def test_a_declared_page_goes_before_the_files_which_comes_back() -> None:
    proxy = Running("pages: {errors: {502: of the file}}")

    assert said(proxy.change(page("502", "declared"))) == ["create page 502"]
    assert proxy.snapshot.pages.errors[502].content == b"declared"
    assert said(proxy.change(without("502", PAGE))) == ["remove page 502"]
    assert proxy.snapshot.pages.errors[502].content == b"of the file"
    assert proxy.refused(without("502", PAGE))[0] == "OfFile"


def test_an_owner_is_kept_until_another_one_is_named() -> None:
    proxy = Running()
    proxy.change(route("a", owner="one"))

    assert said(proxy.change(route("a"))) == []
    proxy.change(route("a", page="x"))
    assert proxy.edition.declared.of_kind[ROUTE]["a"].owner == "one"
    assert said(proxy.change(route("a", owner="two", page="x"))) == ["replace route a"]
    assert proxy.restarted().edition.declared.of_kind[ROUTE]["a"].owner == "two"


@pytest.mark.parametrize("owner", ["x" * 201, "a\nb", "\ud800"])
def test_an_owner_is_a_line_of_text(owner: str) -> None:
    assert Running().refused(route("a", owner=owner)) == (
        "Invalid",
        "route a, owner: an owner has up to 200 visible characters: change it",
    )


def test_an_id_breaks_no_line() -> None:
    (_error, said) = Running().refused(without("a\nb", expected=1))

    assert said.startswith("route a\\nb: it is not there")


def test_a_purge_takes_what_an_owner_declared_before_and_does_not_now() -> None:
    proxy = Running(FILE)
    proxy.change(route("a", owner="x"), route("b", owner="x"), route("c", owner="y"), route("d"))
    proxy.change(page("502", "x", owner="x"))

    outcome = proxy.change(route("a", owner="x"), Purge(ROUTE, "x"))

    assert said(outcome) == ["remove route b"]
    assert proxy.ids() == ["a", "c", "d", "of-file"]


def test_a_purge_without_owner_takes_all_but_the_files_and_the_ignored() -> None:
    proxy = Running(FILE)
    proxy.change(*map(route, "abc"))

    proxy.change(route("a"), Purge(ROUTE, ignore=frozenset({"b"})))

    assert proxy.ids() == ["a", "b", "of-file"]


def test_a_change_may_expect_a_version() -> None:
    proxy = Running()
    proxy.change(route("a"))
    proxy.change(route("b"))

    assert proxy.refused(route("a", expected=2, page="x"), without("b", expected=1)) == (
        "Outdated",
        "route a: it has version 1, and not 2: read it again",
        "route b: it has version 2, and not 1: read it again",
    )
    assert said(proxy.change(route("a", expected=1, page="x"))) == ["replace route a"]


def test_a_change_may_expect_that_there_is_nothing() -> None:
    proxy = Running("pages: {no_route: of the file}")
    proxy.change(route("a"))

    assert proxy.refused(route("a", expected=0)) == (
        "Outdated",
        "route a: it is there already, with version 1: read it first",
    )
    assert said(proxy.change(route("b", expected=0), page("no_route", "x", expected=0))) == [
        "create route b",
        "create page no_route",
    ]


def test_what_is_expected_and_gone_is_outdated() -> None:
    assert Running().refused(without("a", expected=3)) == (
        "Outdated",
        "route a: it is not there, but expected with version 3: read again",
    )


def test_an_expected_version_is_looked_at_even_where_nothing_would_change() -> None:
    proxy = Running()
    proxy.change(route("a"))

    assert proxy.refused(route("a", expected=7))[0] == "Outdated"


def test_a_batch_may_need_that_nobody_changed_a_kind() -> None:
    proxy = Running()
    proxy.change(route("a"))
    proxy.change(page("502", "x"))

    assert said(proxy.change(route("b"), unchanged={ROUTE: 1})) == ["create route b"]
    assert proxy.refused(route("c"), unchanged={ROUTE: 2, PAGE: 2}) == (
        "Outdated",
        "route: changed with revision 3, after 2 that was read: read again",
    )
    assert proxy.refused(route("c"), unchanged={ROUTE: 99}) == (
        "Outdated",
        "route: there is no revision 99 yet: read again",
    )


def test_a_removal_changes_a_kind_too() -> None:
    proxy = Running()
    proxy.change(route("a"))
    proxy.change(without("a"))

    assert proxy.refused(route("a"), unchanged={ROUTE: 1})[0] == "Outdated"


def test_after_a_restart_a_revision_that_was_read_before_is_not_believed_too_much() -> None:
    proxy = Running()
    proxy.change(route("a"))
    proxy.change(route("b"))

    assert proxy.restarted().refused(route("c"), unchanged={ROUTE: 1})[0] == "Outdated"
    assert proxy.restarted().refused(route("c"), unchanged={ROUTE: 2}) == ()


def test_every_bad_document_of_a_batch_is_told_and_nothing_is_done() -> None:
    proxy = Running()

    assert proxy.refused(route("a", hots="x"), route("b"), route("c", targets=7)) == (
        "Invalid",
        "route a, hots: there is no key 'hots': did you mean 'hosts'?",
        "route c, targets[0]: write a mapping of names and values here",
    )
    assert proxy.store.read(None).revision == 0


def test_routes_that_cannot_be_told_apart_are_refused_and_the_declared_one_is_blamed() -> None:
    proxy = Running(FILE)
    proxy.change(route("z", hosts="z.test"))

    same = "both serve host {}, path /: change one of them"
    assert proxy.refused(route("a", hosts=["file.test", "z.test"])) == (
        "Invalid",
        f"route a: routes 'of-file' and 'a' {same.format('file.test')}",
        f"route a: routes 'a' and 'z' {same.format('z.test')}",
    )


def test_a_host_may_go_from_one_route_to_another_in_one_batch() -> None:
    proxy = Running()
    proxy.change(route("a", hosts="x.test"), route("b", hosts="y.test"))

    proxy.change(route("a", hosts="y.test"), route("b", hosts="x.test"))

    assert [str(each.hosts[0]) for each in proxy.snapshot.routes] == ["y.test", "x.test"]


def test_routes_of_a_host_with_different_tls_are_refused() -> None:
    proxy = Running("tls: {hosts: [{hosts: own.test, min_version: '1.3'}]}")
    proxy.change(route("a", hosts="x.test", paths="/a", tls={"min_version": "1.3"}))

    (_error, with_route) = proxy.refused(
        route("b", hosts="x.test", paths="/b", tls={"min_version": "1.2"})
    )
    (_error, with_file) = proxy.refused(route("c", hosts="own.test", tls={"min_version": "1.2"}))

    assert with_route.startswith("route b, tls: routes 'a' and 'b' want different TLS for host x")
    assert with_file == (
        "route c, tls: tls.hosts of the file has another TLS policy for host own.test:"
        " leave one out"
    )


def test_an_operation_needs_a_resource() -> None:
    with pytest.raises(ValueError, match="before it, after it, or both"):
        _unused = Operation(Verb.REMOVE, None, None).subject
