# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshot of an edition, and what in an edition does not go together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from ..config.consistency import route_policies
from ..config.sections.pages import pages_of
from ..routes.matching.paths import Match
from ..routes.matching.rivals import Rivals, refuse_rivals
from ..routes.model.actions import Page
from ..routes.model.route import Route
from ..snapshot.snapshot import Snapshot
from ..snapshot.tls import Certificate
from .demanding import asking_of
from .edition import Edition, given_certificate
from .model import Kind


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two routes that do not go together, by their places in ``routes_of``, and why; ``first`` is
    None where it is the file itself. The message names both."""

    first: int | None
    second: int
    field: str
    message: str


def routes_of(edition: Edition) -> tuple[Route, ...]:
    """Return all routes: the file's, then the declared ones in the order of their ids."""
    declared = edition.meanings[Kind.ROUTE].values()
    return (*edition.base.snapshot.routes, *(one for one in declared if isinstance(one, Route)))


def certificates_of(
    edition: Edition, automatic: Iterable[Certificate] = ()
) -> tuple[Certificate, ...]:
    """Return all certificates: the file's, the declared ones in the order of their ids as far as
    they were made, and those that were made for routes."""
    declared = (
        given_certificate(meaning) or edition.made.get(name)
        for name, meaning in edition.meanings[Kind.CERTIFICATE].items()
    )
    there = (one for one in declared if one is not None)
    return (*edition.base.snapshot.certificates, *there, *automatic)


def snapshot_of(edition: Edition, version: int, automatic: Iterable[Certificate] = ()) -> Snapshot:
    """Return the snapshot of an edition whose parts go together.

    ``automatic`` are the certificates that were made for routes.
    """
    base = edition.base
    routes = routes_of(edition)
    policies, _differing = route_policies(routes)
    pages = {
        name: page for name, page in edition.meanings[Kind.PAGE].items() if isinstance(page, Page)
    }
    return replace(
        base.snapshot,
        version=version,
        certificates=certificates_of(edition, automatic),
        tls=replace(base.tls, hosts=(*base.tls.hosts, *policies)),
        asking=asking_of(base.snapshot.issuing, routes),
        pages=pages_of({**base.pages, **pages}),
        routes=routes,
    )


def disagreements(edition: Edition) -> Iterator[Disagreement]:
    """Yield what does not go together among all routes of an edition."""
    routes = routes_of(edition)
    _policies, differing = route_policies(routes)
    for each in differing:
        yield Disagreement(each.first, each.second, "tls", each.message)
    own = {entry.host: entry.policy for entry in edition.base.tls.hosts}
    for place, route in enumerate(routes if own else ()):
        for host in route.hosts if route.tls is not None else ():
            if own.get(host, route.tls) != route.tls:
                message = f"tls.hosts of the file has another TLS policy for host {host}"
                yield Disagreement(None, place, "tls", f"{message}: leave one out")
    try:
        refuse_rivals(
            Match(route, place, host, path)
            for place, route in enumerate(routes)
            for host in route.hosts
            for path in route.paths
        )
    except Rivals as rivals:
        for rivalry in rivals.rivalries:
            yield Disagreement(rivalry.first, rivalry.second, "", rivalry.message)


def declared_ids(edition: Edition, found: Disagreement) -> list[str]:
    """Return the ids of those of the two routes that the API declared, the later one first."""
    of_file = len(edition.base.snapshot.routes)
    ids = tuple(edition.meanings[Kind.ROUTE])
    places = (found.second, found.first)
    return [ids[place - of_file] for place in places if place is not None and place >= of_file]
