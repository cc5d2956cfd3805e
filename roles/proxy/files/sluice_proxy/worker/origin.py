# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One target of one route, ready to be used."""

from __future__ import annotations

from collections.abc import Callable
from json.encoder import encode_basestring_ascii

from ..http.forwarding import FieldChanges, RequestPolicy, ResponsePolicy
from ..observe.metrics import Traffic
from ..routes.balancing.pool import Pool
from ..routes.balancing.seat import Seat
from ..routes.health.watching import Watch
from ..routes.model.path_pattern import PathPattern
from ..routes.model.route import Route
from ..routes.rewriting.forwarding import Forwarding
from .target_pool import Endpoint, TargetPool

OpenPool = Callable[[Endpoint], TargetPool]


class Standing:
    """What is known of a target of a route; it stays the same object when snapshots change.

    So an exchange that began under an earlier snapshot is counted where it counts now.
    """

    __slots__ = ("_checked", "_pool", "_watch", "seat", "traffic")

    def __init__(self, seat: Seat, pool: Pool, watch: Watch | None) -> None:
        self.traffic: Traffic | None = None
        """Made with the first exchange: most of ten thousand targets are idle."""
        self.seat = seat
        self._pool = pool
        self._watch = watch
        self._checked = True

    def sit_on(self, seat: Seat, pool: Pool, watch: Watch | None) -> None:
        """Take a seat of another pool, with a watch of its own."""
        self.seat = seat
        self._pool = pool
        if self._watch is not None and self._watch.out_until is not None:
            pool.set_health(seat, self._checked)
        self._watch = watch

    def set_checked(self, healthy: bool) -> None:
        """Take over what active checks found."""
        self._checked = healthy
        self._pool.set_health(self.seat, healthy and not self.out)

    @property
    def untouched(self) -> bool:
        """Whether there is nothing to know of it: no exchange so far, and no failed check."""
        seat = self.seat
        return (
            self.traffic is None and not seat.in_flight and seat.healthy and seat.back_since is None
        )

    @property
    def out(self) -> bool:
        """Whether failures of late took it out."""
        return self._watch is not None and self._watch.out_until is not None

    def failed(self, now: float) -> bool:
        """Count a failure of an exchange; return whether it takes the target out."""
        if self._watch is None:
            return False
        others = any(seat.takes_new for seat in self._pool.seats if seat is not self.seat)
        if not self._watch.failed(now, others=others):
            return False
        self._pool.set_health(self.seat, False)
        return True

    def returns(self, now: float) -> bool:
        """Return whether it is back in after the time that failures took it out for."""
        if self._watch is None or not self._watch.returns(now):
            return False
        self._pool.set_health(self.seat, self._checked)
        return True


class Origin:
    """A target under one snapshot: how requests go there, and what is done to its responses."""

    __slots__ = (
        "_bound_policy",
        "_forwardings",
        "_open_pool",
        "endpoint",
        "host",
        "log_text",
        "name",
        "pool",
        "request_policy",
        "response_policy",
        "route",
        "seat",
        "standing",
        "target",
    )

    def __init__(
        self,
        route: Route,
        seat: Seat,
        standing: Standing,
        request_policy: RequestPolicy,
        response_policy: ResponsePolicy,
        open_pool: OpenPool,
    ) -> None:
        self.seat = seat
        self.target = target = seat.target
        self.name = target.name
        self.standing = standing
        self.host = target.authority.encode("ascii")
        self.endpoint = Endpoint.of(target)
        self.pool: TargetPool | None = None
        """Made when it is first needed: most of ten thousand targets are idle."""
        self._open_pool = open_pool
        self.route = route
        self.request_policy = request_policy
        self.response_policy = response_policy
        self._bound_policy: ResponsePolicy | None = None
        self._forwardings: dict[PathPattern, Forwarding] = {}
        self.log_text = '"route":%s,"upstream":%s' % (
            encode_basestring_ascii(route.name),
            encode_basestring_ascii(self.name),
        )

    def connections(self) -> TargetPool:
        """Return the pool of its connections."""
        if self.pool is None:
            self.pool = self._open_pool(self.endpoint)
        return self.pool

    def forwarding(self, matched: PathPattern) -> Forwarding:
        """Return how targets of requests are rewritten that ``matched`` matched."""
        found = self._forwardings.get(matched)
        if found is None:
            found = Forwarding(self.route.rewrite, matched, self.target)
            self._forwardings[matched] = found
        return found

    def binding_policy(self, cookie: str) -> ResponsePolicy:
        """Return the policy for a response that binds its client to this target by ``cookie``."""
        if self._bound_policy is None:
            usual = self.response_policy.changes
            changes = FieldChanges(
                usual.removed, usual.appended + b"\nSet-Cookie: %b\r" % cookie.encode("latin-1")
            )
            self._bound_policy = ResponsePolicy(
                self.response_policy.via, self.response_policy.keep_alive_seconds, changes
            )
        return self._bound_policy
