# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route, ready to be used: what can be worked out before any request comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from random import Random
from time import monotonic

from ..http.forwarding import NO_CHANGES, FieldChanges, RequestPolicy, ResponsePolicy
from ..observe.metrics import Traffic
from ..routes.admission.rate import Rate
from ..routes.balancing.pool import Pool
from ..routes.health.watching import Watch
from ..routes.model import actions
from ..routes.model.policies import BalancingMethod, MaintenanceMode
from ..routes.model.route import Route
from ..routes.retrying import RetryBudget
from .origin import OpenPool, Origin, Standing

_USUAL = RequestPolicy()
_random = Random().random


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What routes are made in: the worker's numbers and pools, and settings of the snapshot."""

    traffic: Callable[[str, str], Traffic]
    open_pool: OpenPool
    body_limit: int | None


class RouteServing:
    """One route under a snapshot, or under several that do not change it."""

    __slots__ = (
        "body_limit",
        "budget",
        "by_client",
        "held",
        "log_text",
        "name",
        "origins",
        "plain",
        "pool",
        "rate",
        "retries",
        "rewrites",
        "route",
        "timeouts",
        "traffic",
    )

    def __init__(
        self, route: Route, surroundings: Surroundings, earlier: RouteServing | None
    ) -> None:
        """Raises `BadChange` for fields of the route that would break a message."""
        self.route = route
        self.name = route.name
        self.timeouts = route.timeouts
        self.body_limit = _body_limit(route, surroundings.body_limit)
        self.retries = route.retry.attempts > 1
        self.by_client = route.balancing.method is BalancingMethod.CLIENT_HASH
        self.rewrites = route.rewrite != actions.Rewrite() or any(
            target.path or target.query for target in route.targets
        )
        self.plain = (
            route.maintenance.mode is MaintenanceMode.OFF
            and route.rate_limit is None
            and route.redirect is None
            and route.page is None
        )
        """Whether nothing but a target answers, and no one is refused for being too many."""
        self.held = 0
        """How many requests wait for the end of the maintenance."""
        self.rate: Rate | None = None
        if earlier is not None and earlier.route.rate_limit == route.rate_limit:
            self.rate = earlier.rate
        elif route.rate_limit is not None:
            self.rate = Rate(route.rate_limit)
        self.budget: RetryBudget = RetryBudget(route.retry, monotonic())
        if earlier is not None and earlier.route.retry == route.retry:
            self.budget = earlier.budget
        self.traffic = surroundings.traffic(route.name, "")
        self.log_text = '"route":%s,"upstream":""' % encode_basestring_ascii(route.name)
        self.pool = Pool(route.targets, route.balancing, random=_random, clock=monotonic)
        if earlier is not None:
            self.pool.adopt(earlier.pool)
        self.origins = self._origins(surroundings, earlier)

    def _origins(
        self, surroundings: Surroundings, earlier: RouteServing | None
    ) -> tuple[Origin, ...]:
        route = self.route
        request_changes = compiled(route.request_fields)
        # Thousands of routes that change nothing have one policy.
        usual = _USUAL
        if request_changes is not NO_CHANGES:
            usual = RequestPolicy(changes=request_changes)
        response_policy = ResponsePolicy(changes=compiled(route.response_fields))
        known = {origin.name: origin.standing for origin in earlier.origins} if earlier else {}
        origins = []
        for seat in self.pool.seats:
            name = seat.target.name
            request_policy = usual
            if not route.keep_host:
                host = seat.target.authority.encode("ascii")
                request_policy = RequestPolicy(host=host, changes=request_changes)
            standing = known.pop(name, None) or Standing(surroundings.traffic(route.name, name))
            passive = route.health.passive
            standing.sit_on(seat, self.pool, Watch(passive) if passive else None)
            origins.append(
                Origin(
                    route,
                    seat,
                    standing,
                    request_policy,
                    response_policy,
                    surroundings.open_pool,
                )
            )
        return tuple(origins)


def compiled(changes: actions.FieldChanges) -> FieldChanges:
    """Return changes of a route in the form that heads are changed by. Raises `BadChange`."""
    if not changes:
        return NO_CHANGES
    return FieldChanges.compile(
        removed=[name.encode("latin-1") for name in changes.remove],
        replaced=[_encoded(pair) for pair in changes.set],
        added=[_encoded(pair) for pair in changes.add],
    )


def _encoded(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    return pair[0].encode("latin-1"), pair[1].encode("utf-8")


def _body_limit(route: Route, usual: int | None) -> int | None:
    if route.body_limit is None:
        return usual
    return route.body_limit or None
