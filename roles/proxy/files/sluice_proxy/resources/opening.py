# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edition at the start, and when the configuration file was read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter

from ..config.consistency import Complaint
from ..config.files import Files
from ..config.loading import Base
from ..snapshot.collecting import collector_paused
from ..store.items import Contents
from .composing import declared_ids, disagreements
from .edition import Edition, LeftOut, edition_of_file, with_resources
from .meaning import Meaning
from .model import Kind, Resource
from .reading import depends_on_files, read_document
from .refusing import Invalid, Problem
from .stored import Unreadable, decode

ByKind = dict[Kind, dict[str, Resource | None]]

_KINDS = {kind.value: kind for kind in Kind}


def open_edition(base: Base, contents: Contents, files: Files) -> Edition:
    """Return the edition of a file and of what a store has.

    An item that cannot be read, or does not go together with the file or with items before it, is
    left out. Items of other kinds are nothing to this.
    """
    unreadable: dict[Kind, dict[str, LeftOut]] = {kind: {} for kind in Kind}
    resources: list[Resource] = []
    with collector_paused():
        for key, item in contents.items.items():
            kind = _KINDS.get(key.kind)
            if kind is None:
                continue
            try:
                resources.append(decode(item))
            except Unreadable as why:
                unread = Resource(kind, key.id, {}, version=item.version)
                problem = Problem(kind, key.id, "", str(why))
                unreadable[kind][key.id] = LeftOut(unread, problem, readable=False)
        edition = replace(edition_of_file(base, contents.revision), left_out=unreadable)
        return _with_all_that_can(edition, resources, files)


def reread(edition: Edition, base: Base, files: Files) -> tuple[Edition, tuple[Problem, ...]]:
    """Return the edition with another state of the configuration file, and of all files.

    What is declared and cannot be read again, as a file in it is gone, stays as it was and is told
    as a problem. What was left out comes in if it can now. Raises InvalidConfig when the file does
    not go together with what is declared.
    """
    fresh = edition_of_file(base)
    _refuse_taken(base, fresh, edition)
    with collector_paused():
        declared, meanings, problems = _read_again(edition, files)
        following = with_resources(fresh, declared, meanings)
        following = replace(
            following,
            declared=replace(following.declared, revision=edition.declared.revision),
            made=edition.made,
            changed=edition.changed,
            left_out=edition.left_out,
        )
        _refuse_disagreements(following)
        left_out = [
            out.resource for kind in Kind for out in edition.left_out[kind].values() if out.readable
        ]
        return _with_all_that_can(following, left_out, files), tuple(problems)


def _with_all_that_can(edition: Edition, resources: list[Resource], files: Files) -> Edition:
    """Return ``edition`` with those of ``resources`` that can be in force; others are left out."""
    coming: ByKind = {kind: {} for kind in Kind}
    meanings: dict[Kind, dict[str, Meaning]] = {kind: {} for kind in Kind}
    left_out = {kind: dict(edition.left_out[kind]) for kind in Kind}
    for resource in resources:
        kind, name = resource.kind, resource.id
        left_out[kind].pop(name, None)
        try:
            _not_of_file(edition, resource)
            read = read_document(kind, name, resource.document, files)
        except Invalid as invalid:
            left_out[kind][name] = LeftOut(resource, invalid.problems[0])
        else:
            meanings[kind][name] = read.meaning
            coming[kind][name] = replace(resource, leaf=read.leaf)
    edition = with_resources(edition, coming, meanings)
    while out := _disagreeing(edition, coming[Kind.ROUTE]):
        edition = with_resources(edition, {Kind.ROUTE: dict.fromkeys(out)}, {})
        left_out[Kind.ROUTE].update(out)
    return replace(edition, left_out=left_out)


def _disagreeing(edition: Edition, coming: Mapping[str, Resource | None]) -> dict[str, LeftOut]:
    """Return which of the routes that come are to go again, by id: of two the one that was declared
    earlier, which was left out when the other one was declared."""
    found: dict[str, LeftOut] = {}
    if not coming:
        return found
    routes = edition.declared.of_kind[Kind.ROUTE]
    for each in disagreements(edition):
        declared = declared_ids(edition, each)
        names = [name for name in declared if name in coming]
        if names and found.keys().isdisjoint(declared):
            resource = min((routes[name] for name in names), key=attrgetter("version"))
            problem = Problem(Kind.ROUTE, resource.id, each.field, each.message)
            found[resource.id] = LeftOut(resource, problem)
    return found


def _read_again(
    edition: Edition, files: Files
) -> tuple[ByKind, dict[Kind, dict[str, Meaning]], list[Problem]]:
    declared: ByKind = {kind: {} for kind in Kind}
    meanings: dict[Kind, dict[str, Meaning]] = {kind: {} for kind in Kind}
    problems: list[Problem] = []
    for kind in Kind:
        for name, former in edition.meanings[kind].items():
            resource = edition.declared.of_kind[kind][name]
            declared[kind][name] = resource
            meanings[kind][name] = former
            if not depends_on_files(kind, resource.document):
                continue
            try:
                meaning = read_document(kind, name, resource.document, files).meaning
            except Invalid as invalid:
                problems.extend(invalid.problems)
            else:
                # What is equal stays the same object.
                meanings[kind][name] = former if meaning == former else meaning
    return declared, meanings, problems


def _refuse_taken(base: Base, fresh: Edition, edition: Edition) -> None:
    wrong: list[Complaint] = []
    for kind, section in ((Kind.ROUTE, "routes"), (Kind.CERTIFICATE, "certificates")):
        for place, name in enumerate(fresh.of_file[kind]):
            if name in edition.meanings[kind]:
                message = (
                    f"{kind} {name!r} of this file is declared by the API too: withdraw it there,"
                    " or call this one otherwise"
                )
                wrong.append(((section, place), message))
    if wrong:
        raise base.invalid(wrong)


def _refuse_disagreements(edition: Edition) -> None:
    wrong: list[Complaint] = []
    for each in disagreements(edition):
        where = ("tls", "hosts") if each.first is None else ("routes", each.first)
        wrong.append((where, f"{each.message} (what the API declared counts as well)"))
    if wrong:
        raise edition.base.invalid(wrong)


def _not_of_file(edition: Edition, resource: Resource) -> None:
    kind = resource.kind
    if kind is not Kind.PAGE and resource.id in edition.of_file[kind]:
        message = "the configuration file has one of that id: withdraw this one, or rename that"
        raise Invalid([Problem(kind, resource.id, "", message)])
