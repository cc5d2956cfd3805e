# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The edition at the start, and when the configuration file was read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..config.consistency import Complaint
from ..config.files import Files
from ..config.loading import Base
from ..snapshot.collecting import collector_paused
from ..store.items import Contents
from .composing import disagreements
from .edition import Edition, LeftOut, edition_of_file, with_resources
from .meaning import Meaning
from .model import Kind, Resource
from .reading import read_document
from .refusing import Invalid, Problem
from .stored import Unreadable, decode

_KINDS = {kind.value: kind for kind in Kind}


def open_edition(base: Base, contents: Contents, files: Files) -> Edition:
    """Return the edition of a file and of what a store has.

    An item that cannot be read, or does not go together with the file or with items before it, is
    left out. Items of other kinds are nothing to this.
    """
    resources: dict[Kind, dict[str, Resource | None]] = {kind: {} for kind in Kind}
    meanings: dict[Kind, dict[str, Meaning]] = {kind: {} for kind in Kind}
    left_out: dict[Kind, dict[str, LeftOut]] = {kind: {} for kind in Kind}
    edition = edition_of_file(base, contents.revision)
    with collector_paused():
        for key, item in contents.items.items():
            kind = _KINDS.get(key.kind)
            if kind is None:
                continue
            resource = Resource(kind, key.id, {}, version=item.version)
            try:
                resource = decode(item)
                _not_of_file(edition, resource)
                meanings[kind][key.id] = read_document(
                    kind, key.id, resource.document, files
                ).meaning
            except Unreadable as why:
                problem = Problem(kind, key.id, "", str(why))
            except Invalid as invalid:
                problem = invalid.problems[0]
            else:
                resources[kind][key.id] = resource
                continue
            left_out[kind][key.id] = LeftOut(resource, problem)
        edition = with_resources(replace(edition, left_out=left_out), resources, meanings)
        return _without_disagreements(edition)


def reread(edition: Edition, base: Base) -> Edition:
    """Return the edition with another state of the file.

    Raises InvalidConfig when the file does not go together with what is declared.
    """
    fresh = edition_of_file(base)
    declared: dict[Kind, dict[str, Resource | None]] = {
        kind: {name: edition.declared.of_kind[kind][name] for name in edition.meanings[kind]}
        for kind in Kind
    }
    _refuse_taken(base, fresh, edition)
    following = with_resources(fresh, declared, edition.meanings)
    following = replace(
        following,
        declared=replace(following.declared, revision=edition.declared.revision),
        made=edition.made,
        changed=edition.changed,
        left_out=edition.left_out,
    )
    wrong: list[Complaint] = []
    for each in disagreements(following):
        place = each.second if each.first is None else each.first
        where = ("tls", "hosts") if each.first is None else ("routes", place)
        wrong.append((where, each.message))
    if wrong:
        raise base.invalid(wrong)
    return following


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


def _not_of_file(edition: Edition, resource: Resource) -> None:
    kind = resource.kind
    if kind is not Kind.PAGE and resource.id in edition.of_file[kind]:
        message = "the configuration file has one of that id: withdraw this one, or rename that"
        raise Invalid([Problem(kind, resource.id, "", message)])


def _without_disagreements(edition: Edition) -> Edition:
    of_file = len(edition.base.snapshot.routes)
    while found := [each for each in disagreements(edition) if each.second >= of_file]:
        ids = list(edition.meanings[Kind.ROUTE])
        out: dict[str, LeftOut] = {}
        for each in found:
            name = ids[each.second - of_file]
            resource = edition.declared.of_kind[Kind.ROUTE][name]
            problem = Problem(Kind.ROUTE, name, each.field, each.message)
            out.setdefault(name, LeftOut(resource, problem))
        left_out: Mapping[Kind, Mapping[str, LeftOut]] = {
            **edition.left_out,
            Kind.ROUTE: {**edition.left_out[Kind.ROUTE], **out},
        }
        edition = with_resources(edition, {Kind.ROUTE: dict.fromkeys(out)}, {})
        edition = replace(edition, left_out=left_out)
    return edition
