# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is served at one moment: the file, what is declared, and the certificates made for both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..issuing.issuer import Issuer, Settled
from ..issuing.leaves import ISSUED, BadLeaf, Leaf, decode_leaf
from ..issuing.wanting import AUTOMATIC, Demand, Trouble, Wanted, decide, declared
from ..resources.composing import routes_of, snapshot_of
from ..resources.edition import Edition, with_made, with_resources
from ..resources.meaning import Given, OfLocalCa, SelfSigned
from ..resources.model import Kind, Operation, Resource, Verb
from ..resources.refusing import Invalid, Problem
from ..snapshot.issuing import Provider
from ..snapshot.snapshot import Snapshot
from ..store.items import Applied, Change, Contents, Key, Put, Remove

KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Composition:
    """``leaves`` are the certificates that were made, by id. ``made`` is what the store has to keep
    for them. ``local_ca`` is the certificate of the CA in use, as PEM."""

    edition: Edition = field(repr=False)
    snapshot: Snapshot = field(repr=False)
    leaves: Mapping[str, Leaf] = field(repr=False)
    made: Sequence[Change] = field(repr=False)
    troubles: Sequence[Trouble] = ()
    local_ca: bytes | None = None


def composed(
    edition: Edition, leaves: Mapping[str, Leaf], issuer: Issuer, now: datetime
) -> Composition:
    """Return what an edition comes to; ``leaves`` are there already.

    Makes certificates, for which it reads files: not for a loop.
    """
    settled = issuer.settle(_demand(edition), leaves, now)
    certificates = settled.certificates
    declared_ones = edition.meanings[Kind.CERTIFICATE]
    new = {
        name: certificate
        for name, certificate in certificates.items()
        if name in declared_ones and edition.made.get(name) != certificate
    }
    gone = [name for name in edition.made if name not in certificates]
    if gone:
        edition = _without_made(edition, gone)
    if new:
        edition = with_made(edition, new)
    automatic = [one for name, one in certificates.items() if name.startswith(AUTOMATIC)]
    snapshot = snapshot_of(edition, edition.base.snapshot.version, automatic)
    authority = settled.authority
    return Composition(
        edition,
        snapshot,
        settled.leaves,
        _to_keep(settled),
        settled.troubles,
        None if authority is None else authority.pem,
    )


def leaves_in(contents: Contents) -> dict[str, Leaf]:
    """Return the certificates that were made and kept; one that cannot be read is made anew."""
    found = {}
    for key, item in contents.items.items():
        if key.kind == ISSUED:
            try:
                found[key.id] = decode_leaf(item.document)
            except BadLeaf:
                continue
    return found


def troubles_of(edition: Edition) -> Sequence[Trouble]:
    """Return which certificates may not be made; others may still prove to be impossible."""
    return decide(_demand(edition))[1]


def with_revision(edition: Edition, revision: int) -> Edition:
    """Return an edition of which the store has this revision by now."""
    return replace(edition, declared=replace(edition.declared, revision=revision))


def with_versions(edition: Edition, applied: Applied) -> Edition:
    """Return an edition whose resources have the versions with which the store has them again."""
    resources: dict[Kind, dict[str, Resource | None]] = {kind: {} for kind in Kind}
    left_out = {kind: dict(edition.left_out[kind]) for kind in Kind}
    for item in applied.put:
        if item.key.kind not in KINDS:
            continue
        kind, name = Kind(item.key.kind), item.key.id
        resource, out = edition.of_api(kind, name), left_out[kind].get(name)
        if resource is not None:
            resources[kind][name] = replace(resource, version=item.version)
        elif out is not None:
            there = replace(out.resource, version=item.version)
            left_out[kind][name] = replace(out, resource=there)
    edition = with_resources(edition, resources, edition.meanings)
    return with_revision(replace(edition, left_out=left_out), applied.revision)


def refuse_unmade(troubles: Sequence[Trouble], operations: Sequence[Operation]) -> None:
    """Raise Invalid where what was just declared asks for a certificate that cannot be made."""
    changed = {
        (each.subject.kind, each.subject.id) for each in operations if each.verb is not Verb.REMOVE
    }
    problems = []
    for trouble in troubles:
        if trouble.shown:
            continue
        wanted = trouble.wanted
        if (Kind.CERTIFICATE, wanted.id) in changed:
            problems.append(Problem(Kind.CERTIFICATE, wanted.id, "names", trouble.message))
        problems += [
            Problem(Kind.ROUTE, route, "tls.certificate", trouble.message)
            for route in wanted.routes
            if (Kind.ROUTE, route) in changed
        ]
    if problems:
        raise Invalid(problems)


def _demand(edition: Edition) -> Demand:
    documents: list[Wanted] = []
    given = [name for one in edition.base.snapshot.certificates for name in one.hosts]
    for name, meaning in edition.meanings[Kind.CERTIFICATE].items():
        if isinstance(meaning, Given):
            given += meaning.hosts
        elif isinstance(meaning, SelfSigned):
            documents.append(declared(name, Provider.SELF_SIGNED, meaning.names, meaning.days))
        elif isinstance(meaning, OfLocalCa):
            documents.append(declared(name, Provider.LOCAL_CA, meaning.names))
    return Demand(edition.base.snapshot.issuing, documents, routes_of(edition), frozenset(given))


def _without_made(edition: Edition, names: Sequence[str]) -> Edition:
    made = {name: one for name, one in edition.made.items() if name not in names}
    certificates = dict(edition.declared.of_kind[Kind.CERTIFICATE])
    for name in names:
        if name in certificates:
            certificates[name] = replace(certificates[name], leaf=None)
    of_kind = {**edition.declared.of_kind, Kind.CERTIFICATE: certificates}
    return replace(edition, declared=replace(edition.declared, of_kind=of_kind), made=made)


def _to_keep(settled: Settled) -> list[Change]:
    return [
        *(Put(Key(ISSUED, name), document) for name, document in settled.put.items()),
        *(Remove(Key(ISSUED, name)) for name in settled.removed),
    ]
