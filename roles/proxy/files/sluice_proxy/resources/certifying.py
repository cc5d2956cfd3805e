# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An edition with the certificates that the proxy makes for it.

`certify` has them made; whoever calls it keeps its changes in the store along with those of the
batch, so that a route and its certificate come as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from ..issuing.issuer import Settled
from ..issuing.leaves import ISSUED, BadLeaf, Leaf, decode_leaf
from ..issuing.wanting import Demand, Trouble, Wanted, decide
from ..snapshot.issuing import Provider
from ..snapshot.tls import Certificate
from ..store.items import Change as StoreChange
from ..store.items import Contents, Key, Put, Remove
from .composing import routes_of
from .edition import Edition, given_certificate
from .leaves import leaf_of
from .meaning import OfLocalCa, SelfSigned
from .model import Kind, Operation
from .refusing import Invalid, Problem


class Settles(Protocol):
    """What makes certificates; see ``issuing.issuer.Issuer``."""

    def settle(self, demand: Demand, held: Mapping[str, Leaf], now: datetime) -> Settled:
        """Return what is there once everything is made that is wanted and not held."""


@dataclass(frozen=True, slots=True)
class Certified:
    """``edition`` has the certificates that were made for declared resources, and ``automatic`` are
    those of routes, both for the snapshot. ``changes`` are for the store, besides those of a batch.
    """

    edition: Edition = field(repr=False)
    automatic: tuple[Certificate, ...]
    changes: tuple[StoreChange, ...]
    settled: Settled


def certify(
    edition: Edition, held: Mapping[str, Leaf], issuer: Settles, now: datetime
) -> Certified:
    """Return an edition with all certificates that can be made for it.

    ``held`` are the leaves that there are: those of ``leaves_in`` at first, then those of
    ``settled.leaves`` of what was put in force last. ``now`` has a time zone. Makes keys and reads
    files: not for a loop.
    """
    settled = issuer.settle(demand_of(edition), held, now)
    made = {name: leaf.configured for name, leaf in settled.leaves.items()}
    declared = edition.meanings[Kind.CERTIFICATE]
    return Certified(
        _with_leaves(edition, {name: one for name, one in made.items() if name in declared}),
        tuple(one for name, one in made.items() if name not in declared),
        (
            *(Put(Key(ISSUED, name), document) for name, document in settled.put.items()),
            *(Remove(Key(ISSUED, name)) for name in settled.removed),
        ),
        settled,
    )


def leaves_in(contents: Contents) -> dict[str, Leaf]:
    """Return the leaves that a store has. One that cannot be read is none: it is made anew."""
    held: dict[str, Leaf] = {}
    for key, item in contents.items.items():
        if key.kind == ISSUED:
            try:
                held[key.id] = decode_leaf(item.document)
            except BadLeaf:
                continue
    return held


def troubles_of(edition: Edition) -> Sequence[Trouble]:
    """Return which certificates may not be made; others may still prove to be impossible."""
    return decide(demand_of(edition))[1]


def refuse_unmade(troubles: Iterable[Trouble], operations: Iterable[Operation]) -> None:
    """Raise Invalid where what operations declare needs a certificate that cannot be made. What
    else cannot be made is no reason to."""
    changed = {(one.after.kind, one.after.id) for one in operations if one.after is not None}
    problems = [problem for one in troubles if not one.shown for problem in _problems(one)]
    found = [problem for problem in problems if (problem.kind, problem.id) in changed]
    if found:
        raise Invalid(found)


def _problems(trouble: Trouble) -> Iterator[Problem]:
    wanted = trouble.wanted
    if not wanted.automatic:
        yield Problem(Kind.CERTIFICATE, wanted.id, "names", trouble.message)
    for name in wanted.routes:
        yield Problem(Kind.ROUTE, name, "tls", trouble.message)


def demand_of(edition: Edition) -> Demand:
    """Return what an edition has certificates made for."""
    snapshot = edition.base.snapshot
    documents: list[Wanted] = []
    given = {name for one in snapshot.certificates for name in one.hosts}
    for name, meaning in edition.meanings[Kind.CERTIFICATE].items():
        certificate = given_certificate(meaning)
        if certificate is not None:
            given.update(certificate.hosts)
        elif isinstance(meaning, SelfSigned):
            documents.append(Wanted(name, Provider.SELF_SIGNED, meaning.names, meaning.days))
        elif isinstance(meaning, OfLocalCa):
            documents.append(Wanted(name, Provider.LOCAL_CA, meaning.names))
    return Demand(snapshot.issuing, documents, routes_of(edition), given)


def _with_leaves(edition: Edition, made: Mapping[str, Certificate]) -> Edition:
    """Return an edition where ``made`` are all certificates that were made for resources."""
    of_kind = edition.declared.of_kind
    resources = dict(of_kind[Kind.CERTIFICATE])
    for name in {*edition.made, *made}:
        there, former = made.get(name), edition.made.get(name)
        resource = resources.get(name)
        if resource is None or (there == former and (there is None) == (resource.leaf is None)):
            continue
        provider = str(resource.document["provider"])
        leaf = None if there is None else leaf_of(provider, there)
        resources[name] = replace(resource, leaf=leaf)
    declared = replace(edition.declared, of_kind={**of_kind, Kind.CERTIFICATE: resources})
    return replace(edition, declared=declared, made=made)
