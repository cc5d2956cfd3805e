# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every batch: a plan that is made gives what was wanted, and then there is no more.

Held against a model of a few lines: a dictionary of what the API declared.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from samples.resources import PAGE, ROUTE, Running
from sluice_proxy.resources.composing import snapshot_of
from sluice_proxy.resources.model import Change, Declare, Kind, Origin, Purge, Withdraw
from sluice_proxy.resources.opening import open_edition

FILE = """
routes: [{name: of-file, hosts: file.test, page: x}]
pages: {errors: {503: of the file}}
"""
OWNERS = ("", "one", "two")
ROUTES = tuple("abcd")
PAGES = ("502", "503", "no_route")


@st.composite
def declarations(draw: st.DrawFn) -> Declare:
    owner = draw(st.sampled_from((None, *OWNERS)))
    content = draw(st.sampled_from(("x", "y")))
    if draw(st.booleans()):
        return Declare(PAGE, draw(st.sampled_from(PAGES)), {"content": content}, owner)
    name = draw(st.sampled_from(ROUTES))
    page = draw(st.sampled_from((content, {"content": content})))
    return Declare(ROUTE, name, {"hosts": f"{name}.test", "page": page}, owner)


WITHDRAWALS = st.builds(Withdraw, st.just(ROUTE), st.sampled_from(ROUTES)) | st.builds(
    Withdraw, st.just(PAGE), st.sampled_from(("502", "no_route"))
)
PURGES = st.lists(
    st.builds(
        Purge,
        st.sampled_from((ROUTE, PAGE)),
        st.sampled_from((None, *OWNERS)),
        st.frozensets(st.sampled_from((*ROUTES, *PAGES)), max_size=2),
    ),
    max_size=2,
)
CHANGES = st.lists(
    declarations() | WITHDRAWALS, max_size=6, unique_by=lambda change: (change.kind, change.id)
)
BATCHES = st.lists(st.tuples(CHANGES, PURGES), max_size=4)

Model = dict[tuple[Kind, str], tuple[str, str]]
"""Owner and content of what the API declared."""


def model_of(proxy: Running) -> Model:
    return {
        (kind, name): (resource.owner, content(resource.document))
        for kind in (ROUTE, PAGE)
        for name, resource in proxy.edition.declared.of_kind[kind].items()
        if resource.origin is Origin.API
    }


def content(document: object) -> str:
    while isinstance(document, dict):
        document = document.get("page", document.get("content"))
    return str(document)


def wanted(model: Model, changes: list[Change], purges: list[Purge]) -> Model:
    after = dict(model)
    for change in changes:
        key = (change.kind, change.id)
        former = after.pop(key, ("", ""))
        if isinstance(change, Declare):
            owner = former[0] if change.owner is None else change.owner
            after[key] = (owner, content(dict(change.document)))
    named = {(change.kind, change.id) for change in changes}
    for purge in purges:
        for key, (owner, _content) in tuple(after.items()):
            of_it = key[0] is purge.kind and purge.owner in (None, owner)
            if of_it and key not in named and key[1] not in purge.ignore:
                del after[key]
    return after


@given(BATCHES)
def test_what_was_planned_and_made_is_what_was_wanted_and_nothing_is_left_to_do(
    batches: list[tuple[list[Change], list[Purge]]],
) -> None:
    proxy = Running(FILE)
    for changes, purges in batches:
        want = wanted(model_of(proxy), changes, purges)
        before = proxy.edition

        outcome = proxy.change(*changes, *purges)

        assert model_of(proxy) == want
        assert (proxy.edition == before) == (not outcome.operations)
        again = proxy.plan(*changes, *purges)
        assert again.operations == ()
        assert again.unchanged == len(changes)
        assert again.edition is proxy.edition


@given(BATCHES)
def test_the_operations_are_the_least_that_lead_from_before_to_after(
    batches: list[tuple[list[Change], list[Purge]]],
) -> None:
    proxy = Running(FILE)
    for changes, purges in batches:
        before = model_of(proxy)
        outcome = proxy.change(*changes, *purges)
        after = model_of(proxy)

        touched = {(each.subject.kind, each.subject.id) for each in outcome.operations}
        assert touched == {key for key in before | after if before.get(key) != after.get(key)}
        assert len(touched) == len(outcome.operations)


@given(BATCHES)
def test_an_edition_that_grew_is_the_one_that_the_store_gives(
    batches: list[tuple[list[Change], list[Purge]]],
) -> None:
    proxy = Running(FILE)
    for changes, purges in batches:
        proxy.change(*changes, *purges)

    opened = open_edition(proxy.edition.base, proxy.store.read(None), proxy.files)

    assert opened.declared == proxy.edition.declared
    assert list(opened.meanings[ROUTE]) == list(proxy.edition.meanings[ROUTE])
    assert snapshot_of(opened, 1) == proxy.snapshot
    assert opened.left_out == proxy.edition.left_out
    # What a later reader believes is never too much.
    assert all(proxy.edition.changed[kind] <= opened.changed[kind] for kind in Kind)


@given(BATCHES, PURGES)
def test_a_purge_never_touches_the_files_others_or_the_ignored(
    batches: list[tuple[list[Change], list[Purge]]], purges: list[Purge]
) -> None:
    proxy = Running(FILE)
    for changes, _purges in batches:
        proxy.change(*changes)

    for each in proxy.change(*purges).operations:
        gone = each.before
        assert gone is not None
        assert gone.origin is Origin.API
        assert any(
            purge.kind is gone.kind
            and purge.owner in (None, gone.owner)
            and gone.id not in purge.ignore
            for purge in purges
        )
    assert "of-file" in proxy.ids()
    assert "503" in proxy.ids(PAGE)


@settings(max_examples=50)
@given(BATCHES, declarations(), st.integers(0, 5), st.integers(0, 5))
def test_who_expects_what_is_not_changes_nothing(
    batches: list[tuple[list[Change], list[Purge]]],
    change: Declare,
    expected: int,
    read_at: int,
) -> None:
    proxy = Running(FILE)
    for changes, purges in batches:
        proxy.change(*changes, *purges)
    found = proxy.edition.of_api(change.kind, change.id)
    asked = Declare(change.kind, change.id, change.document, change.owner, expected)
    before = proxy.edition, proxy.store.read(None)

    said = proxy.refused(asked, unchanged={change.kind: read_at})

    is_as_expected = expected == (0 if found is None else found.version)
    is_unchanged = before[0].changed[change.kind] <= read_at <= before[0].declared.revision
    if is_as_expected and is_unchanged:
        assert said == ()
    else:
        assert said[0] == "Outdated"
        assert (proxy.edition, proxy.store.read(None)) == before
