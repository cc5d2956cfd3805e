# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An edition with the certificates that the proxy makes for it, or has ordered.

`certify` has them made; whoever calls it keeps its changes in the store along with those of the
batch, so that a route and its certificate come as one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from ..issuing.issuer import Settled
from ..issuing.leaves import ISSUED, BadLeaf, Leaf, decode_leaf
from ..issuing.terms import Terms, challenge_for
from ..issuing.wanting import Demand, Trouble, Wanted
from ..snapshot.issuing import Issuing, Provider
from ..snapshot.tls import Certificate
from ..store.items import Change as StoreChange
from ..store.items import Contents, Key, Put, Remove
from .composing import routes_of
from .edition import Edition, given_certificate, with_made
from .meaning import OfLocalCa, Ordered, SelfSigned
from .model import Kind, Operation
from .refusing import Invalid, Problem


class Settles(Protocol):
    """What makes certificates; see ``issuing.issuer.Issuer``."""

    def settle(
        self, demand: Demand, held: Mapping[str, Leaf], now: datetime, *, dry_run: bool = False
    ) -> Settled:
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
    edition: Edition,
    held: Mapping[str, Leaf],
    issuer: Settles,
    now: datetime,
    asked: Collection[str] = (),
) -> Certified:
    """Return an edition with all certificates that can be made for it, and for names that clients
    have ``asked`` for.

    ``held`` are the leaves that there are: those of ``leaves_in`` at first, then those of
    ``settled.leaves`` of what was put in force last. ``now`` has a time zone. Makes keys and reads
    files: not for a loop.
    """
    settled = issuer.settle(replace(demand_of(edition), asked=asked), held, now)
    made = {name: leaf.configured for name, leaf in settled.leaves.items()}
    declared = edition.meanings[Kind.CERTIFICATE]
    providers = {
        name: leaf.provider.value for name, leaf in settled.leaves.items() if name in declared
    }
    return Certified(
        with_made(edition, {name: made[name] for name in providers}, providers),
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


def foresee(
    edition: Edition, held: Mapping[str, Leaf], issuer: Settles, now: datetime
) -> Sequence[Trouble]:
    """Return which certificates could not be made, as ``certify`` would find; changes nothing."""
    return issuer.settle(demand_of(edition), held, now, dry_run=True).troubles


def refuse_unmade(troubles: Iterable[Trouble], operations: Iterable[Operation]) -> None:
    """Raise Invalid where what operations declare needs a certificate that cannot be made, or can
    never be ordered. What else cannot be made is no reason to."""
    changed = {(one.after.kind, one.after.id) for one in operations if one.after is not None}
    problems = [
        problem for one in troubles if one.never or not one.shown for problem in _problems(one)
    ]
    found = [problem for problem in problems if (problem.kind, problem.id) in changed]
    if found:
        raise Invalid(found)


def _problems(trouble: Trouble) -> Iterator[Problem]:
    wanted = trouble.wanted
    if not wanted.automatic:
        yield Problem(Kind.CERTIFICATE, wanted.id, trouble.field, trouble.message)
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
        elif isinstance(meaning, Ordered):
            documents.append(_wanted_order(name, meaning, snapshot.issuing))
    return Demand(snapshot.issuing, documents, routes_of(edition), given)


def _wanted_order(name: str, meaning: Ordered, issuing: Issuing) -> Wanted:
    """Return the certificate of a document for ACME: where the file has the local CA, that issues
    it, so that the same documents do for development."""
    key_type = meaning.key_type or (Terms() if issuing.acme is None else issuing.acme).key_type
    local = issuing.provider is Provider.LOCAL_CA
    return Wanted(
        name,
        Provider.LOCAL_CA if local else Provider.ACME,
        meaning.names,
        terms=Terms(key_type, meaning.authority, meaning.profile),
        challenge=challenge_for(issuing, meaning.names, meaning.challenge),
    )
