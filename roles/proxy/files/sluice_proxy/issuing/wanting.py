# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates are to be there: those that are declared, and those of routes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..routes.model.host_pattern import HostPattern
from ..routes.model.route import Route
from ..snapshot.issuing import ChallengeType, Issuing, Provider
from .building import MOST_DAYS
from .registering import RegisteredNames, is_covered, names_of_host
from .terms import Terms, challenge_for, is_wildcard

AUTOMATIC = "auto "
"""How ids begin of certificates that are made for a host of routes; the host pattern follows. Those
of declared ones have no blank."""
DEMANDED = "demand "
"""How ids begin of certificates that were ordered when a client asked for a name, which follows."""
_NOBODY = "nobody makes certificates: set provider of issuing in the configuration file"


def is_automatic(id_: str) -> bool:
    """Return whether an id is that of a certificate that nobody declared: one for a host of routes,
    or for a name that a client asked for."""
    return id_.startswith((AUTOMATIC, DEMANDED))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate that is to be there, with names as ``certificate_names`` writes them.

    ``id`` is that of the declared certificate, else AUTOMATIC and a host pattern, or DEMANDED and a
    name. ``routes`` are those that ask for one of a host pattern; none where all routes get one.
    ``terms`` are those of one that is ordered, or would be where the file has a provider for it;
    ``challenge`` is how control is shown, None for as the configuration says.
    """

    id: str
    provider: Provider
    names: tuple[str, ...]
    days: int = MOST_DAYS
    routes: tuple[str, ...] = ()
    terms: Terms | None = None
    challenge: ChallengeType | None = None

    @property
    def automatic(self) -> bool:
        """Whether it is not declared itself."""
        return is_automatic(self.id)


@dataclass(frozen=True, slots=True)
class Demand:
    """All that certificates are made for: the ``documents`` of certificates, all ``routes``, and
    what the configuration file says of ``issuing``.

    ``given`` are the names of certificates that were given, which go before ours. ``asked`` are
    names that clients ask for just now, which may have one on demand.
    """

    issuing: Issuing
    documents: Sequence[Wanted] = ()
    routes: Sequence[Route] = ()
    given: Collection[str] = ()
    asked: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A certificate that cannot be made; ``message`` says why, and what to do.

    ``shown`` says that the former one is shown on, which is still valid. ``never`` says that no
    time mends it. ``field`` is the one of a document that is to blame.
    """

    wanted: Wanted
    message: str
    shown: bool = False
    never: bool = False
    field: str = "names"

    def __str__(self) -> str:
        return f"{called(self.wanted.id)}: {self.message}"


def called(id_: str) -> str:
    """Return what people call the certificate with an id."""
    if is_automatic(id_):
        return f"certificate for {id_.removeprefix(AUTOMATIC).removeprefix(DEMANDED)}"
    return f"certificate {id_}"


def decide(demand: Demand) -> tuple[list[Wanted], list[Trouble]]:
    """Return the certificates that are to be there, the declared ones first, and those that may
    not be.

    There is one for each host pattern of routes, so that a route that comes or goes changes those
    of no other.
    """
    wanted, troubles = _of_documents(demand)
    covered = frozenset(demand.given).union(*(one.names for one in wanted))
    provider = demand.issuing.provider
    for pattern, routes in _patterns(demand).items():
        names = names_of_host(pattern)
        uncovered = tuple(name for name in names if not is_covered(name, covered))
        needed = _ordered_ahead(demand.issuing, uncovered)
        one = Wanted(
            f"{AUTOMATIC}{pattern}",
            provider or Provider.LOCAL_CA,
            needed,
            routes=tuple(routes),
            terms=usual_terms(demand.issuing),
            challenge=challenge_for(demand.issuing, needed),
        )
        if needed and provider is not None:
            wanted.append(one)
        elif routes and not names:
            message = (
                f"no client accepts a certificate for {pattern}: its wildcard needs a domain of two"
                " labels at least, like *.example.test"
            )
            troubles.append(Trouble(one, message))
        elif routes and needed:
            troubles.append(Trouble(one, _NOBODY))
    return wanted, troubles


def demanded(demand: Demand, held: Iterable[str], covered: Collection[str]) -> Iterator[Wanted]:
    """Yield the certificates on demand that are still to be there, of those whose ids are ``held``.
    Names among ``covered`` have another one by now."""
    issuing = demand.issuing
    provider = issuing.provider
    if provider not in (Provider.ACME, Provider.LOCAL_CA) or issuing.on_demand is None:
        return
    registered = RegisteredNames((*issuing.on_demand.names, *_hosts(demand)))
    for id_ in held:
        name = id_.removeprefix(DEMANDED)
        if name == id_ or is_covered(name, covered):
            continue
        if issuing.on_demand.ask is not None or name in registered:
            yield Wanted(id_, provider, (name,), terms=usual_terms(issuing))


def usual_terms(issuing: Issuing) -> Terms | None:
    """Return the terms of certificates that ask for none, None where none are ordered."""
    return None if issuing.acme is None else Terms(issuing.acme.key_type)


def _ordered_ahead(issuing: Issuing, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names that a certificate is wanted for before a client asks for one."""
    if issuing.acme is None or issuing.acme.dns is not None or issuing.on_demand is None:
        return names
    return tuple(name for name in names if not is_wildcard(name))


def _of_documents(demand: Demand) -> tuple[list[Wanted], list[Trouble]]:
    """Return declared certificates, and those of the CA that name what nobody registered."""
    wanted: list[Wanted] = []
    troubles: list[Trouble] = []
    registered: RegisteredNames | None = None
    for one in demand.documents:
        # One with terms is to move to where it is ordered, and there it needs no route.
        if one.provider is Provider.LOCAL_CA and one.terms is None:
            registered = registered or _registered(demand)
            foreign = [name for name in one.names if name not in registered]
            if foreign:
                message = (
                    f"{foreign[0]} is of no route: declare one for it first, or have names of"
                    " issuing allow it in the configuration file"
                )
                troubles.append(Trouble(one, message))
                continue
        wanted.append(one)
    return wanted, troubles


def _registered(demand: Demand) -> RegisteredNames:
    return RegisteredNames((*demand.issuing.names, *_hosts(demand)))


def _hosts(demand: Demand) -> Iterator[HostPattern]:
    return (host for route in demand.routes for host in route.hosts)


def _patterns(demand: Demand) -> dict[HostPattern, list[str]]:
    """Return the hosts that certificates are made for, with the routes that ask for them."""
    everybody = demand.issuing.all_routes
    found: dict[HostPattern, list[str]] = {}
    for route in demand.routes:
        if route.certificate_made or everybody:
            for host in route.hosts:
                asking = found.setdefault(host, [])
                if route.certificate_made:
                    asking.append(route.name)
    return found
