# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request and its response, from the head onwards, whichever version of HTTP carried it."""

from __future__ import annotations

from time import monotonic

from ..http.forwarding import compose_request
from ..http.response_head import ResponseHead
from ..routes.admission.pausing import Admission
from ..routes.admission.rate import client_key
from ..routes.balancing.seat import Seat
from ..routes.model.policies import RetryOn
from ..routes.rewriting.forwarding import UnsafePath
from .admission import decide, misdirected, under_maintenance, without_target
from .answers import Answer, error_answer, page_answer
from .deadlines import NEVER
from .exchange_state import (
    ASKING,
    HELD,
    MOST_KEPT,
    NEW,
    RESPONDING,
    RETRIED_STATUSES,
    SENDING,
    TUNNEL,
    WAITING,
    ExchangeState,
)
from .questions import HTTP_01, VALIDATION_WAIT, Reply
from .route_serving import RouteServing
from .target_connection import TargetConnection
from .validation import PLACE, token_of, validation_answer

CLIENT_GONE = 499
"""What the log has for status where the client went away before it got one."""


class Exchange(ExchangeState):
    """A request on its way to a target, and the response on its way back.

    Every way that it can end goes through `_finish`, exactly once.
    """

    __slots__ = ()

    # What the client does

    def begin(self, content: bytes, complete: bool) -> None:
        """Start, with what has arrived of the content; ``complete`` when that is all."""
        self.request_complete = complete
        if content:
            self._expecting = False
            self._keep(content)
            self.bytes_in += len(content)
        self._worker.deadlines.watched[self] = None
        if self._serving.validations and self.head.path.startswith(PLACE):
            self._validate()
        else:
            self._admit()

    def content(self, data: bytes, complete: bool) -> None:
        """Take more of the request's content, or what goes through the tunnel."""
        self.bytes_in += len(data)
        if self._phase == TUNNEL:
            self._send_through_tunnel(data)
            return
        if complete:
            self.request_complete = True
        if self._expecting:
            self._client_went_on()
        if self.head.chunked and self._content_beyond_limit():
            return
        connection = self._connection
        if connection is None:
            self._keep(data)
            if self._kept_bytes > MOST_KEPT and not complete:
                self._hold_content()
            return
        if self._replayable:
            self._keep(data)
            if self._kept_bytes > MOST_KEPT:
                self._keep_no_more()
        connection.send(data)
        if complete and self._phase == SENDING:
            self._limit(monotonic(), self._timeouts.response)

    def _send_through_tunnel(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.send(data)
            self._limit(monotonic(), self._timeouts.tunnel)

    def _client_went_on(self) -> None:
        """The client waits for no 100 any more: it is not the target that has to go on."""
        self._expecting = False
        if self._phase == SENDING:
            self.deadline = self._total

    def client_lost(self, reason: str) -> None:
        """The client is gone, or no more can come of its request."""
        if self.over:
            return
        self.error = self.error or reason
        if not self._answered:
            self.status = CLIENT_GONE
        self._finish(monotonic())

    def client_ended(self) -> None:
        """The client sends no more through the tunnel."""
        self._client_ended = True
        if self._target_ended:
            self._finish(monotonic())
        elif self._connection is not None:
            self._connection.end_sending()

    def refuse_content(self, status: int, reason: str) -> None:
        """The request's content is malformed, or does not come."""
        self._fail_with(status, reason)

    def client_full(self) -> None:
        """The client takes no more for now; its stream watches for how long."""
        if self._connection is not None:
            self._connection.pause()
            self.deadline = self._total

    def client_drained(self) -> None:
        """It does again."""
        if self._connection is not None:
            self._connection.resume()
            self._limit_silence(monotonic())

    # Before a target is asked

    def _validate(self) -> None:
        """Answer an authority that validates a name; all others go on like any request."""
        token = token_of(self.head)
        if token is not None:
            questions = self._worker.questions
            self._question = questions.ask(
                HTTP_01, token, VALIDATION_WAIT, self._validated, self.address
            )
        if self._question is None:
            self._admit()
        else:
            self._phase = ASKING

    def _validated(self, reply: Reply) -> None:
        self._question = None
        self._phase = NEW
        if reply.found:
            self._answer(validation_answer(reply))
        else:
            self._serving = self._worker.serving
            self._admit()

    def _admit(self) -> None:
        head = self.head
        serving = self._serving
        match = serving.match(head.authority, head.match_path)
        if match is None:
            self._answer(page_answer(serving.pages.no_route, reason="no route"))
            return
        self._match = match
        route = self._route = serving.routes[match.index]
        total = route.timeouts.total
        self._total = NEVER if total is None else self._started + total
        client = self._client
        if client.tls_policy is not None or serving.certificates_asked:
            refusal = misdirected(serving, head, client.tls_policy)
            if refusal is not None and (client.tls_policy or not route.route.redirect):
                self._answer(refusal)
                return
        if not route.plain:
            scheme = client.side.scheme_of(head)
            decision = decide(serving, route, match, head, self.address, scheme, self._started)
            if decision is Admission.HOLD:
                self._hold(route)
                return
            if isinstance(decision, Answer):
                self._answer(decision)
                return
        limit = route.body_limit
        if limit is not None and (head.content_length or client.content_bytes) > limit:
            self._too_large(limit)
        elif head.max_forwards == 0:
            self._answer(Answer(204))
        else:
            self._forward(route, False)

    def _hold(self, route: RouteServing) -> None:
        self._phase = HELD
        route.held += 1
        self._worker.held[self] = None
        self._limit(self._started, route.route.maintenance.hold)

    def _unhold(self) -> None:
        if self._phase == HELD and self._route is not None:
            self._route.held -= 1
            self._worker.held.pop(self, None)
            self._phase = NEW

    def admit_again(self) -> None:
        """The snapshot has changed while the request was held: decide anew."""
        self._unhold()
        self._serving = self._worker.serving
        self._admit()

    def _too_large(self, limit: int) -> None:
        reason = f"the content has more than {limit} bytes"
        self._answer(error_answer(self._serving.pages, 413, reason))

    def _content_beyond_limit(self) -> bool:
        """Refuse content of no declared length when there is more than the route allows."""
        limit = None if self._route is None else self._route.body_limit
        if limit is None or self._client.content_bytes <= limit:
            return False
        if self._answered:
            self._fail_with(413, f"the content has more than {limit} bytes")
        else:
            self._too_large(limit)
        return True

    # The way to a target

    def _forward(self, route: RouteServing, fresh: bool) -> None:
        if fresh and self._origin is not None:
            origin = self._origin
        else:
            seat = route.pool.only or self._choose(route)
            if seat is None:
                self._answer(without_target(self._serving, route))
                return
            origin = self._origin = route.origins[seat.index]
            if self._attempt == 0:
                route.budget.earn()
            self._attempt += 1
        origin.standing.seat.in_flight += 1
        self._counted = True
        self._sent = False
        self._phase = WAITING
        self.deadline = self._total
        pool = origin.pool or origin.connections()
        if not pool.take(self, fresh):
            self._fail_with(503, "too many requests wait for a connection to the target")

    def _choose(self, route: RouteServing) -> Seat | None:
        pool = route.pool
        cookie = None
        if pool.binding is not None:
            cookie = b"; ".join(self.head.values(b"cookie")).decode("latin-1")
        client = client_key(self.address) if route.by_client else b""
        return pool.choose(client, cookie, self._tried)

    def queued(self, seconds: float) -> None:
        """All connections are in use: wait that long at most."""
        self._limit(monotonic(), seconds)

    def connected(self, connection: TargetConnection) -> None:
        """Send the request, or what there is of it."""
        origin, route, match = self._origin, self._route, self._match
        assert origin is not None
        assert route is not None
        assert match is not None
        head = self.head
        self._connection = connection
        target = None
        try:
            if route.rewrites:
                forwarding = origin.forwarding(match.path)
                if forwarding.changes:
                    target = forwarding.origin_form(head.path, head.query)
            data = compose_request(
                head,
                origin.request_policy,
                self._client.side,
                self.request_id,
                target,
                origin.host,
            )
        except UnsafePath as error:
            self._fail_with(400, str(error))
            return
        except ValueError as error:
            self._fail_with(500, f"the request cannot be sent on: {error}")
            return
        if self._kept:
            data += b"".join(self._kept)
        self._phase = SENDING
        self._sent = True
        self._limit_request(monotonic())
        connection.start(self, data, head.method, head.upgrade)
        if self._kept_bytes > MOST_KEPT:
            self._keep_no_more()
        if self._holding and not connection.full:
            # Only now: what was held may come at once, and belongs behind the head.
            self._let_content_come()

    def connect_failed(self, reason: str, timed_out: bool) -> None:
        """No connection to the target."""
        if self.over:
            return
        self._failed(RetryOn.CONNECT, reason, 504 if timed_out else 502)

    def target_full(self) -> None:
        """The target takes no more for now."""
        self._hold_content()
        self._limit(monotonic(), self._timeouts.send)

    def target_drained(self) -> None:
        """It does again."""
        self._let_content_come()
        self._limit_silence(monotonic())

    def _hold_content(self) -> None:
        self._holding = True
        self._client.hold_content()

    def _let_content_come(self) -> None:
        self._holding = False
        self._client.resume_content()

    # The way back

    def interim(self, head: ResponseHead) -> None:
        """Pass on a 1xx."""
        if head.status == 100:
            self._expecting = False
        self._client.interim(head)
        self._limit_silence(monotonic())

    def respond(self, head: ResponseHead, content: bytes, ended: bool) -> None:
        """Pass on the final head and the content that came with it."""
        origin = self._origin
        assert origin is not None
        status = head.status
        if status >= 502 and self._failed_by_status(status):
            return
        policy = origin.response_policy
        if self._route is not None and self._route.pool.binding is not None:
            policy = self._route.policy_that_binds(origin, self.head)
        self.status = status
        self._answered = True
        self._phase = RESPONDING
        self.bytes_out += self._client.respond(head, policy, content, ended)
        if ended:
            self._finish(monotonic())
        else:
            self._limit_silence(monotonic())

    def relay(self, content: bytes, ended: bool) -> None:
        """Pass on more content."""
        self.bytes_out += self._client.relay(content, ended)
        if self.over:
            return
        now = monotonic()
        if ended:
            self._finish(now)
        else:
            self._limit_silence(now)

    def switch(self, head: ResponseHead) -> None:
        """Make a tunnel of both connections."""
        origin = self._origin
        assert origin is not None
        self.status = head.status
        self._answered = True
        self._phase = TUNNEL
        self._limit(monotonic(), self._timeouts.tunnel)
        self.bytes_out += self._client.switch(head, origin.response_policy)

    def tunnel_ended(self) -> None:
        """The target sends no more through the tunnel."""
        self._target_ended = True
        if self._client_ended or self._connection is None or self._connection.closed:
            self._finish(monotonic())
        else:
            self._client.end_sending()

    def broken(self, reason: str, *, malformed: bool) -> None:
        """Try again, or say that the target failed."""
        connection = self._connection
        if malformed:
            self._failed(RetryOn.BAD_RESPONSE, f"sent a response that is refused: {reason}", 502)
        elif self._is_stale(connection):
            self._leave_target(monotonic())
            self._stale = True
            assert self._route is not None
            self._forward(self._route, True)
        else:
            self._failed(RetryOn.CLOSED, reason, 502)

    # Failures

    def _failed(self, why: RetryOn, reason: str, status: int) -> None:
        """Give up this target, and the request if no other one may be asked."""
        now = monotonic()
        origin, route = self._origin, self._route
        if origin is None or route is None:
            return
        self._leave_target(now)
        self._worker.target_failed(origin, reason, now)
        if self._may_retry(route, why, now):
            self._tried += (origin.seat,)
            self._forward(route, False)
        else:
            self._fail_with(status, f"the target {reason}")

    def _failed_by_status(self, status: int) -> bool:
        """Count a response that says that the target failed; return whether it is tried again."""
        why = RETRIED_STATUSES.get(status)
        origin, route = self._origin, self._route
        if why is None or origin is None or route is None:
            return False
        now = monotonic()
        self._worker.target_failed(origin, f"answered {status}", now)
        if not self._may_retry(route, why, now):
            return False
        self._leave_target(now)
        self._tried += (origin.seat,)
        self._forward(route, False)
        return True

    def _fail_with(self, status: int, reason: str) -> None:
        """End with an error: its page, or if the response has begun, a cut that the client sees."""
        if self.over:
            return
        if not self._answered:
            self._answer(error_answer(self._serving.pages, status, reason))
            return
        self.error = reason
        self._leave_target(monotonic())
        self._client.cut()
        self._finish(monotonic())

    def _answer(self, answer: Answer) -> None:
        self._leave_target(monotonic())
        self.status = answer.status
        self.error = answer.reason
        self._answered = True
        self.bytes_out += self._client.answer(answer.status, answer.body, list(answer.fields))
        self._finish(monotonic())

    # Limits

    def expired(self, now: float) -> None:
        """Something took too long."""
        phase = self._phase
        if now >= self._total:
            self._fail_with(504, "the whole exchange took too long")
        elif phase == HELD and self._route is not None:
            self._answer(under_maintenance(self._serving, self._route))
        elif phase == WAITING:
            self._fail_with(503, "no connection to the target became free in time")
        elif phase == SENDING:
            self._failed(RetryOn.TIMEOUT, "does not answer in time", 504)
        elif phase == TUNNEL:
            self.error = "the tunnel was silent for too long"
            self._finish(now)
        else:
            self._failed(RetryOn.TIMEOUT, "does not go on with its response", 504)

    # The end

    def _leave_target(self, now: float) -> None:
        """Give the connection back or up, or wait for none any more; count the target down."""
        connection, self._connection = self._connection, None
        origin = self._origin
        if connection is not None:
            if self._phase == TUNNEL:
                connection.finish()
            else:
                connection.release(now)
        elif self._phase == WAITING and origin is not None and origin.pool is not None:
            origin.pool.forget(self)
        if self._counted and origin is not None:
            self._counted = False
            origin.standing.seat.in_flight -= 1

    def _finish(self, now: float) -> None:
        if self.over:
            return
        self.over = True
        self._leave_target(now)
        if self._phase == HELD:
            self._unhold()
        elif self._question is not None:
            self._question.forget()
            self._question = None
        worker = self._worker
        worker.deadlines.watched.pop(self, None)
        worker.finished(self, self._route, self._origin, now - self._started)
        self._client.exchange_over(now)
