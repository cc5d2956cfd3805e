# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route, ready to be used: what can be worked out before any request comes."""

from __future__ import annotations

from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from random import Random
from time import monotonic

from ..http.forwarding import NO_CHANGES, FieldChanges, RequestPolicy, ResponsePolicy
from ..http.request_head import RequestHead
from ..observe.metrics import Traffic
from ..routes.admission.rate import Rate
from ..routes.balancing.pool import Pool
from ..routes.health.watching import Watch
from ..routes.model import actions
from ..routes.model.policies import BalancingMethod, MaintenanceMode
from ..routes.model.route import Route
from ..routes.model.target import Target
from ..routes.retrying import RetryBudget
from .origin import OpenPool, Origin, Standing

_USUAL = RequestPolicy()
_random = Random().random


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What routes are made in: how pools are opened, and settings of the snapshot."""

    open_pool: OpenPool
    body_limit: int | None


class RouteServing:
    """One route under a snapshot, or under several that do not change it.

    It is made without a look at anything that changes, so it may be made in any thread.
    """

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
        """``earlier`` is the route of the same name before it was changed.

        Raises `BadChange` for fields of the route that would break a message.
        """
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
        self.budget: RetryBudget
        if earlier is not None and earlier.route.retry == route.retry:
            self.budget = earlier.budget
        else:
            self.budget = RetryBudget(route.retry, monotonic())
        self.traffic: Traffic | None = None
        """Made with the first exchange that asks no target."""
        self.log_text = '"route":%s,"upstream":""' % encode_basestring_ascii(route.name)
        self.pool = Pool(route.targets, route.balancing, random=_random, clock=monotonic)
        self.origins = self._origins(surroundings)

    def _origins(self, surroundings: Surroundings) -> tuple[Origin, ...]:
        route, pool = self.route, self.pool
        changes = compiled(route.request_fields)
        # Thousands of routes that change nothing have one policy.
        usual = _USUAL if changes is NO_CHANGES else RequestPolicy(changes=changes)
        response_policy = ResponsePolicy(changes=compiled(route.response_fields))
        return tuple(
            Origin(
                route,
                seat,
                Standing(seat, pool, self._watch()),
                usual if route.keep_host else _naming(seat.target, changes),
                response_policy,
                surroundings.open_pool,
            )
            for seat in pool.seats
        )

    def _watch(self) -> Watch | None:
        passive = self.route.health.passive
        return Watch(passive) if passive else None

    def policy_that_binds(self, origin: Origin, head: RequestHead) -> ResponsePolicy:
        """Return how a response of ``origin`` is changed where clients are bound to targets: one
        that is not bound to it gets a cookie."""
        binding = self.pool.binding
        assert binding is not None
        cookie = b"; ".join(head.values(b"cookie")).decode("latin-1")
        bound = binding.bound(cookie)
        if bound is not None and bound.target.name == origin.name:
            return origin.response_policy
        return origin.binding_policy(binding.set_cookie(origin.seat))

    def take_over(self, earlier: RouteServing) -> None:
        """Go on with what an earlier snapshot's route of the same name has counted."""
        self.traffic = earlier.traffic
        for origin in earlier.origins:
            if not origin.standing.untouched:
                break
        else:
            return
        self.pool.adopt(earlier.pool)
        known = {origin.name: origin.standing for origin in earlier.origins}
        for origin in self.origins:
            standing = known.pop(origin.name, None)
            if standing is not None:
                standing.sit_on(origin.seat, self.pool, self._watch())
                origin.standing = standing


def _naming(target: Target, changes: FieldChanges) -> RequestPolicy:
    """Return the policy for requests that have the target's own name for Host."""
    return RequestPolicy(host=target.authority.encode("ascii"), changes=changes)


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
