# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until targets of routes have no more requests."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Set, Tuple

from .._converge.errors import Unavailable
from .._converge.waiting import Clock, Watched, thin_out, wait_until_at_rest
from .driver import Api
from .targets import name_of_target

STATUS = "/status"
BUSY_SHARE = 4
"""The proxy tells its whole status, which takes it a while with thousands of routes."""


class TargetId(NamedTuple):
    """A target of a route, by the names that the proxy has for both."""

    route: str
    target: str

    def __str__(self) -> str:
        return "target %s of route %s" % (self.target, self.route)


class Drained(NamedTuple):
    """How the requests of one target fell while it was waited for."""

    target: TargetId
    watched: Watched

    @property
    def timed_out(self) -> bool:
        return self.watched.timed_out

    def as_result(self) -> Dict[str, Any]:
        """Return the entry of the module's ``drained`` list."""
        samples = self.watched.samples
        return {
            "route": self.target.route,
            "target": self.target.target,
            "seconds": samples[-1][0],
            "requests_before": samples[0][1],
            "requests_after": samples[-1][1],
            "timed_out": self.timed_out,
            "samples": [
                {"seconds": seconds, "requests": count} for seconds, count in thin_out(samples)
            ],
        }


def wait_until_drained(
    api: Api, targets: Sequence[TargetId], timeout: float, clock: Clock
) -> List[Drained]:
    """Wait until no target has a request, or ``timeout`` seconds are over."""
    routes = {each.route for each in targets}
    watched = wait_until_at_rest(
        targets, lambda: count_requests(api, routes), 0, timeout, clock, BUSY_SHARE
    )
    return [Drained(each, watched[each]) for each in targets]


def count_requests(api: Api, routes: Set[str]) -> Dict[TargetId, int]:
    """Return the requests in flight of every target of some routes; raises Unavailable."""
    answer = api.get(STATUS)
    try:
        if answer.status != 200:
            raise ValueError
        return dict(
            _counted(route["name"], target)
            for route in answer.body["routes"]
            if route["name"] in routes
            for target in route["targets"]
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unavailable(
            "the proxy does not tell the requests in flight (status %d): upgrade it with the role "
            "sluice.edge.proxy" % answer.status
        ) from None


def _counted(route: str, target: Mapping[str, Any]) -> Tuple[TargetId, int]:
    return TargetId(route, name_of_target(target["name"])), int(target["traffic"]["in_flight"])


def too_slow(late: Sequence[Drained], timeout: float, kept: Sequence[str]) -> str:
    """Return the message for targets that still have requests."""
    samples = late[0].watched.samples
    more = " and %d more" % (len(late) - 1) if len(late) > 1 else ""
    back = "NOT undone: " + "; ".join(kept) if kept else "every target was put back"
    return (
        "%s%s: %d requests are left after %g s (%d at first); %s; raise drain_timeout, or set "
        "on_timeout to force or keep"
        % (late[0].target, more, samples[-1][1], timeout, samples[0][1], back)
    )
