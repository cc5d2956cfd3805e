# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates are to be there: those that are declared, and those of routes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..routes.model.host_pattern import HostPattern
from ..routes.model.route import Route
from ..snapshot.issuing import Issuing, Provider
from .building import MOST_DAYS
from .registering import RegisteredNames, is_covered, names_of_host

AUTOMATIC = "auto "
"""How ids begin of certificates that are made for a host of routes; the host pattern follows. Those
of declared ones have no blank."""
_NOBODY = "nobody makes certificates: set provider of issuing in the configuration file"


def is_automatic(id_: str) -> bool:
    """Return whether an id is that of a certificate for a host of routes."""
    return id_.startswith(AUTOMATIC)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A certificate that is to be there, with names as ``certificate_names`` writes them.

    ``id`` is that of the declared certificate, else AUTOMATIC and a host pattern. ``routes`` are
    those that ask for one of the latter kind; none where all routes get one.
    """

    id: str
    provider: Provider
    names: tuple[str, ...]
    days: int = MOST_DAYS
    routes: tuple[str, ...] = ()

    @property
    def automatic(self) -> bool:
        """Whether it is for a host of routes, and not declared itself."""
        return is_automatic(self.id)


@dataclass(frozen=True, slots=True)
class Demand:
    """All that certificates are made for: the ``documents`` of certificates, all ``routes``, and
    what the configuration file says of ``issuing``.

    ``given`` are the names of certificates that were given, which go before ours.
    """

    issuing: Issuing
    documents: Sequence[Wanted] = ()
    routes: Sequence[Route] = ()
    given: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """A certificate that cannot be made; ``message`` says why, and what to do.

    ``shown`` says that the former one is shown on, which is still valid.
    """

    wanted: Wanted
    message: str
    shown: bool = False

    def __str__(self) -> str:
        wanted = self.wanted
        which = f"for {wanted.id.removeprefix(AUTOMATIC)}" if wanted.automatic else wanted.id
        return f"certificate {which}: {self.message}"


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
        needed = tuple(name for name in names if not is_covered(name, covered))
        one = Wanted(
            f"{AUTOMATIC}{pattern}", provider or Provider.LOCAL_CA, needed, routes=tuple(routes)
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


def _of_documents(demand: Demand) -> tuple[list[Wanted], list[Trouble]]:
    """Return declared certificates, and those of the CA that name what nobody registered."""
    wanted: list[Wanted] = []
    troubles: list[Trouble] = []
    registered: RegisteredNames | None = None
    for one in demand.documents:
        if one.provider is Provider.LOCAL_CA:
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
    hosts = (host for route in demand.routes for host in route.hosts)
    return RegisteredNames((*demand.issuing.names, *hosts))


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
