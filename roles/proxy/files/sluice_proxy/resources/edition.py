# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An edition: what the file says and what is declared, at one moment, with all that it means.

Editions are never changed; the next one shares with the one before it what stayed the same. So one
changed route of ten thousand costs one document read.

`open_edition` begins with what the store has, `reread` goes on with another state of the file,
`planning` makes the next one from a batch of changes, and `composing` its snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ..config.loading import Base
from ..snapshot.tls import Certificate
from ..store.items import Applied
from .leaves import leaf_of
from .meaning import Given, Meaning
from .model import Declared, Kind, Origin, Resource
from .of_file import ByKind, resources_of
from .refusing import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item of the store that cannot be in force, and why.

    It stays in the store until it is declared anew or withdrawn. Of one that could not be read,
    neither the document nor the owner is known.
    """

    resource: Resource
    problem: Problem
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Edition:
    """``declared`` has everything, ``of_file`` what of it the file says.

    ``meanings`` is of what the API declared, in the order of ids. ``made`` has the certificates
    that were made for declared resources, by id. ``changed`` has the revision since when a kind is
    as it is, or a later one. ``left_out`` is by kind and id.
    """

    base: Base = field(repr=False)
    of_file: ByKind = field(repr=False)
    declared: Declared = field(repr=False)
    meanings: Mapping[Kind, Mapping[str, Meaning]] = field(repr=False)
    made: Mapping[str, Certificate] = field(default_factory=dict, repr=False)
    changed: Mapping[Kind, int] = field(default_factory=dict)
    left_out: Mapping[Kind, Mapping[str, LeftOut]] = field(default_factory=dict)

    def of_api(self, kind: Kind, name: str) -> Resource | None:
        """Return a resource that the API declared, None where it did not."""
        found = self.declared.of_kind[kind].get(name)
        return None if found is None or found.origin is Origin.FILE else found


def edition_of_file(base: Base, revision: int = 0) -> Edition:
    """Return the edition of a file alone."""
    of_file = resources_of(base)
    return Edition(
        base,
        of_file,
        Declared(revision, {kind: in_order(of_file[kind]) for kind in Kind}),
        {kind: {} for kind in Kind},
        changed=dict.fromkeys(Kind, revision),
        left_out={kind: {} for kind in Kind},
    )


def with_resources(
    edition: Edition,
    resources: Mapping[Kind, Mapping[str, Resource | None]],
    meanings: Mapping[Kind, Mapping[str, Meaning]],
) -> Edition:
    """Return an edition where resources of the API are these ones; None for those that go.

    ``meanings`` has those of resources that come or change.
    """
    of_kind = dict(edition.declared.of_kind)
    all_meanings = dict(edition.meanings)
    made = dict(edition.made)
    for kind, changed in resources.items():
        if not changed:
            continue
        there, means = dict(of_kind[kind]), dict(all_meanings[kind])
        for name, resource in changed.items():
            there.pop(name, None)
            former = means.pop(name, None)
            if kind is Kind.CERTIFICATE and former != meanings.get(kind, {}).get(name):
                made.pop(name, None)
            if resource is not None:
                there[name] = resource
                means[name] = meanings[kind][name]
            elif name in edition.of_file[kind]:
                there[name] = edition.of_file[kind][name]
        of_kind[kind], all_meanings[kind] = in_order(there), in_order(means)
    declared = replace(edition.declared, of_kind=of_kind)
    return replace(edition, declared=declared, meanings=all_meanings, made=made)


def with_made(
    edition: Edition, made: Mapping[str, Certificate], providers: Mapping[str, str]
) -> Edition:
    """Return an edition where ``made`` are all certificates that were made, by the ids of their
    resources; ``providers`` say who made each."""
    certificates = dict(edition.declared.of_kind[Kind.CERTIFICATE])
    for name in {*edition.made, *made}:
        resource, there = certificates.get(name), made.get(name)
        told = resource is not None and resource.leaf is not None
        if resource is None or (there == edition.made.get(name) and told == (there is not None)):
            continue
        leaf = None if there is None else leaf_of(providers[name], there)
        certificates[name] = replace(resource, leaf=leaf)
    of_kind = {**edition.declared.of_kind, Kind.CERTIFICATE: certificates}
    return replace(edition, declared=replace(edition.declared, of_kind=of_kind), made=made)


def with_versions(edition: Edition, applied: Applied) -> Edition:
    """Return an edition with the versions that the store gave to what was put into it."""
    versions: dict[Kind, dict[str, int]] = {kind: {} for kind in Kind}
    changed = dict(edition.changed)
    for key in (*(item.key for item in applied.put), *applied.removed):
        if key.kind in versions:
            changed[Kind(key.kind)] = applied.revision
    for item in applied.put:
        if item.key.kind in versions:
            versions[Kind(item.key.kind)][item.key.id] = item.version
    of_kind, left_out = dict(edition.declared.of_kind), dict(edition.left_out)
    for kind, found in versions.items():
        if found:
            there, out = dict(of_kind[kind]), dict(left_out[kind])
            for name, version in found.items():
                if name in edition.meanings[kind]:
                    there[name] = replace(there[name], version=version)
                elif name in out:
                    resource = replace(out[name].resource, version=version)
                    out[name] = replace(out[name], resource=resource)
            of_kind[kind], left_out[kind] = there, out
    declared = Declared(applied.revision, of_kind)
    return replace(edition, declared=declared, changed=changed, left_out=left_out)


def given_certificate(meaning: Meaning) -> Certificate | None:
    """Return the certificate that a meaning brings along."""
    return meaning.certificate if isinstance(meaning, Given) else None


def in_order(items: Mapping[str, T]) -> dict[str, T]:
    """Return items in the order of their ids."""
    return dict(sorted(items.items()))
