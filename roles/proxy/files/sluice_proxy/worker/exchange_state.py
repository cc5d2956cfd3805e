# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an exchange knows of itself: its state, its limits, and what another try needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..http.forwarding import accepted_request_id
from ..http.request_head import RequestHead
from ..proxy_protocol import ProxyHeader
from ..routes.balancing.seat import Seat
from ..routes.matching.paths import Match
from ..routes.model.policies import RetryOn, RouteTimeouts
from ..routes.retrying import Failure, may_retry
from .admission import client_address
from .client_stream import ClientStream
from .deadlines import NEVER
from .origin import Origin
from .questions import Waiting
from .route_serving import RouteServing
from .target_connection import TargetConnection

if TYPE_CHECKING:
    from .server import Worker

MOST_KEPT = 64 * 1024
"""Bytes of a request's content that are kept, to be sent or to be sent again."""


RETRIED_STATUSES = {
    502: RetryOn.HTTP_502,
    503: RetryOn.HTTP_503,
    504: RetryOn.HTTP_504,
}

NEW, ASKING, HELD, WAITING, SENDING, RESPONDING, TUNNEL = range(7)
"""The phases: new; until it is known whether a validation has an answer; held by a maintenance;
without a connection yet; without a response yet; with one; through a tunnel."""


class ExchangeState:
    """The part of an exchange that decides nothing."""

    __slots__ = (
        "_answered",
        "_attempt",
        "_client",
        "_client_ended",
        "_connection",
        "_counted",
        "_expecting",
        "_holding",
        "_kept",
        "_kept_bytes",
        "_match",
        "_origin",
        "_phase",
        "_question",
        "_replayable",
        "_route",
        "_sent",
        "_serving",
        "_stale",
        "_started",
        "_target_ended",
        "_total",
        "_tried",
        "_worker",
        "address",
        "bytes_in",
        "bytes_out",
        "deadline",
        "error",
        "head",
        "over",
        "request_complete",
        "request_id",
        "status",
    )

    def __init__(
        self, worker: Worker, client: ClientStream, head: RequestHead, started: float, size: int
    ) -> None:
        """``size`` is that of the head in bytes, ``started`` when it was whole."""
        self._worker = worker
        self._client = client
        self.head = head
        self._started = started
        self.bytes_in = size
        self.bytes_out = 0
        self.status = 0
        self.error = ""
        self.over = False
        self.request_complete = False
        self.deadline = self._total = NEVER
        self._phase = NEW
        self._question: Waiting | None = None
        self._answered = False
        self._attempt = 0
        self._connection: TargetConnection | None = None
        self._origin: Origin | None = None
        self._route: RouteServing | None = None
        self._match: Match | None = None
        self._kept: list[bytes] | None = None
        self._kept_bytes = 0
        self._replayable = True
        self._sent = False
        self._stale = False
        self._counted = False
        self._expecting = head.expect_continue
        """Whether the client waits for a 100 or a response, and sends nothing."""
        self._holding = False
        """Whether the client's content is held back."""
        self._client_ended = self._target_ended = False
        self._tried: tuple[Seat, ...] = ()
        self._serving = worker.serving
        side = client.side
        if side.trusted and head.forwarding is not None:
            self.address = client_address(side.address, True, head, self._serving.trusted)
            self.request_id = accepted_request_id(head, side) or worker.new_request_id()
        else:
            self.address = side.address
            self.request_id = worker.new_request_id()

    @property
    def place(self) -> tuple[str, str]:
        """The names of its route and target, empty for none."""
        route, origin = self._route, self._origin
        return "" if route is None else route.name, "" if origin is None else origin.name

    @property
    def connect_timeout(self) -> float:
        """Seconds until a target has to accept."""
        return self._timeouts.connect

    @property
    def _timeouts(self) -> RouteTimeouts:
        assert self._route is not None
        return self._route.timeouts

    @property
    def client_addresses(self) -> ProxyHeader:
        """Who the request is from, for targets that take a PROXY header."""
        return self._client.addresses

    # Limits

    def _limit(self, now: float, seconds: float | None) -> None:
        deadline = NEVER if seconds is None else now + seconds
        self.deadline = deadline if deadline < self._total else self._total

    def _limit_silence(self, now: float) -> None:
        """Set the limit for the time until the target sends something again."""
        phase = self._phase
        if self._connection is None or not self._connection.reading:
            # It is the client that holds things up: its stream watches over that.
            self.deadline = self._total
        elif phase == RESPONDING:
            self._limit(now, self._timeouts.read)
        elif phase == TUNNEL:
            self._limit(now, self._timeouts.tunnel)
        else:
            self._limit_request(now)

    def _limit_request(self, now: float) -> None:
        """Set the limit for the target's response, if it is the target that has to go on."""
        self.deadline = self._total
        if (self.request_complete or self._expecting) and self._route is not None:
            seconds = self._route.timeouts.response
            if seconds is not None and now + seconds < self._total:
                self.deadline = now + seconds

    # What is kept for another try

    def _keep(self, data: bytes) -> None:
        if self._kept is None:
            self._kept = [data]
        else:
            self._kept.append(data)
        self._kept_bytes += len(data)

    def _keep_no_more(self) -> None:
        self._kept = None
        self._replayable = False

    def _is_stale(self, connection: TargetConnection | None) -> bool:
        """Whether a kept connection turned out to be closed: not the target's failure."""
        return (
            connection is not None
            and connection.used > 1
            and self._phase == SENDING
            and not self._stale
            and self._replayable
            and self._route is not None
            and self.head.method.decode("ascii") in self._route.route.retry.methods
        )

    def _may_retry(self, route: RouteServing, why: RetryOn, now: float) -> bool:
        if not route.retries or now >= self._total:
            return False
        failure = Failure(
            reason=why,
            method=self.head.method.decode("ascii"),
            attempt=self._attempt,
            sent=self._sent,
            replayable=self._replayable,
            answered=self._answered,
        )
        return may_retry(route.route.retry, failure) and route.budget.spend(now)
