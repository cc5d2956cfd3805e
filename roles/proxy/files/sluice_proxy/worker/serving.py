# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot, ready to be used; an earlier one gives it what has not changed."""

from __future__ import annotations

import asyncio

from ..http.limits import HeadLimits
from ..routes.matching.table import compile_routes
from ..routes.model.policies import ClientCertificate, TlsPolicy
from ..snapshot.networks import Networks
from ..snapshot.snapshot import Snapshot
from ..snapshot.tls_policies import TlsPolicies
from ..tls.server_side import Choose
from .route_serving import RouteServing, Surroundings

_REMEMBERED = 1024
"""Of how many hosts the TLS policies are remembered."""
_PIECE = 200
"""Parts that are let go at once: it takes a fraction of a millisecond."""


class OwnTraffic:
    """The pairs of route and target that there are numbers of, without a list of them all."""

    __slots__ = ("_by_name",)

    def __init__(self, by_name: dict[str, RouteServing]) -> None:
        self._by_name = by_name

    def __contains__(self, pair: object) -> bool:
        """Whether ``pair`` is of a route that is served, or of none."""
        if not isinstance(pair, tuple):
            return False
        name, target = pair
        route = self._by_name.get(name)
        if route is None:
            return pair == ("", "")
        return target == "" or any(origin.name == target for origin in route.origins)


class Serving:
    """What connections and exchanges look up. Nothing of it changes but the routes' counts.

    Making one reads nothing that changes, and changes nothing: it may be made in any thread.
    """

    __slots__ = (
        "_changed",
        "_policies",
        "by_name",
        "certificates_asked",
        "choose",
        "endpoints",
        "head_limits",
        "match",
        "pages",
        "routes",
        "snapshot",
        "timeouts",
        "tls_policies",
        "trusted",
        "validations",
    )

    def __init__(
        self,
        snapshot: Snapshot,
        choose: Choose,
        surroundings: Surroundings,
        earlier: Serving | None = None,
    ) -> None:
        """Raises `Rivals` and `BadChange` for routes that cannot be served."""
        limits = snapshot.limits
        self.snapshot = snapshot
        self.choose = choose
        self.pages = snapshot.pages
        self.timeouts = snapshot.timeouts
        self.validations = snapshot.asking.validations
        self.trusted = Networks(snapshot.trusted)
        self.tls_policies = TlsPolicies(snapshot.tls)
        self._policies: dict[str, TlsPolicy] = {}
        self.certificates_asked = any(
            policy.client_certificate is ClientCertificate.REQUIRED
            for policy in (snapshot.tls.policy, *(host.policy for host in snapshot.tls.hosts))
        )
        """Whether a request without TLS could get past a certificate that its host asks for."""
        self.head_limits = HeadLimits(
            head_bytes=limits.head_bytes,
            target_bytes=limits.target_bytes,
            field_bytes=limits.field_bytes,
            fields=limits.fields,
        )
        self.match = compile_routes(snapshot.routes).match
        known: dict[str, RouteServing] = {}
        same_limit = False
        if earlier is not None:
            known = earlier.by_name
            same_limit = earlier.snapshot.limits.body_bytes == limits.body_bytes
        routes = []
        self._changed: list[tuple[RouteServing, RouteServing]] = []
        for route in snapshot.routes:
            before = known.get(route.name)
            if before is not None and same_limit and before.route == route:
                routes.append(before)
                continue
            new = RouteServing(route, surroundings, before)
            routes.append(new)
            if before is not None:
                self._changed.append((new, before))
        self.routes: tuple[RouteServing, ...] = tuple(routes)
        self.by_name: dict[str, RouteServing] = {route.name: route for route in routes}
        self.endpoints = {origin.endpoint for route in routes for origin in route.origins}

    @property
    def traffic(self) -> OwnTraffic:
        """What numbers are kept of."""
        return OwnTraffic(self.by_name)

    def parts(self) -> list[object]:
        """Return what there may be thousands of; see `let_go`."""
        return [*self.routes, *self.snapshot.routes]

    def take_over(self) -> None:
        """Go on with what the earlier one has counted, which counts no more from now on."""
        for new, before in self._changed:
            new.take_over(before)
        self._changed.clear()

    def policy_of(self, host: str) -> TlsPolicy:
        """Return the TLS policy of the host that a request is for."""
        policy = self._policies.get(host)
        if policy is None:
            policy = self.tls_policies.of(host)
            if len(self._policies) >= _REMEMBERED:
                self._policies.clear()
            self._policies[host] = policy
        return policy


async def let_go(parts: list[object]) -> None:
    """Give back the memory of what is in no use any more, in pieces between which clients are
    served: the parts of a snapshot of thousands of routes, all at once, would take long."""
    while parts:
        del parts[-_PIECE:]
        await asyncio.sleep(0)
