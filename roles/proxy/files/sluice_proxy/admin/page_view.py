# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says: chosen and ordered, as texts. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from heapq import nlargest, nsmallest
from typing import Any
from urllib.parse import urlencode

from ..resources.model import Origin
from . import page_words as say
from .status import CertificateStatus, FleetStatus, RouteStatus, Status, TargetStatus, Traffic

MOST_ROUTES = 100
"""Routes on one page: those with the most traffic."""
MOST_TARGETS = 20
"""Targets of one route on the page."""
MOST_CERTIFICATES = 100
"""Certificates on one page: those that expire first."""
SOON = 14.0
"""Days before its end from which on a certificate ought to be replaced."""
SILENT = 10.0
"""Seconds after which a worker that answers nothing is worth a look."""
PERIODS = (5, 30, 60)
"""Seconds between two looks that may be chosen."""
LONGEST_FILTER = 200

_ORIGINS = {Origin.FILE: "(file)", Origin.API: "(API)"}
_PROVIDERS = {"self_signed": "self-signed", "local_ca": "local CA", "acme": "ACME"}
_FLEETS = {"redis": "Redis", "alone": "this node alone"}


def view(status: Status, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the template, for the page's ``query``."""
    asked = query.get("q", "")[:LONGEST_FILTER].strip()
    return {
        "title": f"sluice proxy: {'serving' if status.serves else 'not serving'}",
        "serves": say.badge("good", "serving")
        if status.serves
        else say.badge("bad", "not serving"),
        "about": (
            f"{status.program}, process {status.pid},"
            f" up {say.span(status.now - status.started)}, version {status.version} in force,"
        ),
        "now": {
            "iso": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(status.now)),
            "text": say.moment(status.now),
        },
        "refused": status.refused,
        "refresh": _refresh(query.get("refresh"), asked),
        "tiles": _tiles(status),
        "routes": _routes(status.routes, asked, query.get("refresh")),
        "certificates": _certificates(status.certificates),
        "workers": [
            {
                "pid": worker.pid,
                "state": (
                    say.badge("bad", "does not answer")
                    if worker.answered > SILENT
                    else say.badge("good" if worker.state == "serving" else "plain", worker.state)
                ),
                "connections": say.number(worker.connections),
                "answered": f"{worker.answered:.1f} s ago",
            }
            for worker in status.workers
        ],
        "listeners": status.listeners,
        "rest": _rest(status),
    }


def _tiles(status: Status) -> list[dict[str, str]]:
    traffic = status.traffic
    targets = [target for route in status.routes for target in route.targets]
    unhealthy = sum(target.health == "unhealthy" for target in targets)
    said = {
        "Requests per second": say.rate(traffic.per_second),
        "Failures per second": say.rate(traffic.failures_per_second),
        "Half answered within": say.seconds(traffic.p50),
        "99 of 100 within": say.seconds(traffic.p99),
        "Under way": say.number(traffic.in_flight),
        "Connections": say.number(sum(worker.connections for worker in status.workers)),
        "Unhealthy targets": f"{say.number(unhealthy)} of {say.number(len(targets))}",
    }
    return [{"label": label, "value": value} for label, value in said.items()]


# Routes


def _routes(routes: Iterable[RouteStatus], asked: str, refresh: str | None) -> dict[str, Any]:
    all_of_them = list(routes)
    words = asked.casefold().split()
    found = [route for route in all_of_them if all(word in _words(route) for word in words)]
    # nlargest keeps the order of those that are alike.
    shown = nlargest(MOST_ROUTES, found, key=_busy)
    return {
        "asked": asked,
        "all_link": _link("", refresh),
        "rows": [_route(route) for route in shown],
        "shown": say.how_many(
            len(shown), len(found), len(all_of_them), "route", "with the most traffic", asked
        ),
    }


def _busy(route: RouteStatus) -> tuple[float, int, int]:
    traffic = route.traffic
    return traffic.per_second, traffic.in_flight, traffic.total


def _words(route: RouteStatus) -> str:
    """Return what a filter's words are looked for in."""
    parts = [route.name, route.action, route.origin.value, *route.hosts, *route.paths]
    for target in route.targets:
        parts += (target.name, target.state, target.health)
    return "\n".join(parts).casefold()


def _route(route: RouteStatus) -> dict[str, Any]:
    more = len(route.targets) - MOST_TARGETS
    return {
        "name": route.name,
        "patterns": f"{say.listed(route.hosts)} {say.listed(route.paths)}",
        "action": route.action,
        "origin": _ORIGINS[route.origin],
        "traffic": _traffic(route.traffic),
        "targets": [_target(target) for target in route.targets[:MOST_TARGETS]],
        "more": f"and {say.number(more)} more targets" if more > 0 else "",
    }


def _target(target: TargetStatus) -> dict[str, Any]:
    health = {"healthy": "good", "unhealthy": "bad"}.get(target.health, "plain")
    return {
        "name": target.name,
        "weight": target.weight,
        "health": say.badge(health, target.health),
        "state": None if target.state == "active" else say.badge("warn", target.state),
        "traffic": _traffic(target.traffic),
    }


def _traffic(traffic: Traffic) -> dict[str, Any]:
    return {
        "per_second": say.rate(traffic.per_second),
        "fails": traffic.failures_per_second > 0,
        "failures": say.badge("bad", say.rate(traffic.failures_per_second)),
        "p50": say.seconds(traffic.p50),
        "p99": say.seconds(traffic.p99),
        "in_flight": say.number(traffic.in_flight),
    }


# The rest


def _certificates(certificates: Iterable[CertificateStatus]) -> dict[str, Any]:
    all_of_them = list(certificates)
    shown = nsmallest(MOST_CERTIFICATES, all_of_them, key=lambda one: one.days_left)
    number = len(all_of_them)
    return {
        "rows": [
            {
                "id": one.id,
                "names": say.listed(one.names),
                "left": _left(one),
                "said": one.said or say.order(one.order),
                "provider": _PROVIDERS.get(one.provider, one.provider),
                "origin": _ORIGINS[one.origin],
                "fingerprint": one.fingerprint,
            }
            for one in shown
        ],
        "shown": say.how_many(len(shown), number, number, "certificate", "that expire first", ""),
    }


def _left(one: CertificateStatus) -> say.Badge:
    if not one.fingerprint:
        if one.order is not None and one.order.state != "failed":
            return say.badge("warn", "being ordered")
        return say.badge("bad", "not issued" if one.order else "not made yet")
    days = one.days_left
    if days <= 0:
        return say.badge("bad", f"expired {say.days(-days)} ago")
    if days < SOON:
        return say.badge("warn", f"{say.days(days)}, ends soon")
    return say.badge("good", say.days(days))


def _rest(status: Status) -> list[dict[str, Any]]:
    store = status.store
    kept = {
        "sqlite": "kept in this file",
        "memory": "kept in memory: lost when the proxy ends",
        "none": "nothing is kept",
    }
    return [
        {
            "name": "Store",
            "place": store.place or store.kind,
            "badge": say.badge("bad", "cannot be used")
            if store.said
            else say.badge("good", "in use"),
            "said": store.said
            or f"{kept.get(store.kind, store.kind)}, revision {say.number(store.revision)}",
        },
        *_fleet(status.fleet),
        {
            "name": "Access log",
            "place": _log(status.access_log),
            "badge": None,
            "said": "",
        },
        {
            "name": "Error log",
            "place": _log(status.error_log),
            "badge": None,
            "said": f"from level {status.log_level} on",
        },
    ]


def _fleet(fleet: FleetStatus) -> Iterator[dict[str, Any]]:
    """Yield where what nodes share is kept, if anything is."""
    if fleet.kind != "none":
        yield {
            "name": "Shared",
            "place": _FLEETS.get(fleet.kind, fleet.kind),
            "badge": say.badge("bad", "cannot be reached")
            if fleet.said
            else say.badge("good", "in use"),
            "said": fleet.said or "accounts, certificates and leases",
        }


def _log(path: str | None) -> str:
    return "none" if path is None else "standard output" if path == "-" else path


# Refreshing


def _refresh(asked: str | None, filtered: str) -> dict[str, Any]:
    """Return the choices; what nobody chose is the first with script, and nothing without."""
    periods = {str(period): period for period in PERIODS}
    chosen = asked if asked in (*periods, "0") else None
    choices = [("0", "off"), *((each, f"every {each} s") for each in periods)]
    return {
        "asked": chosen,
        "in_place": PERIODS[0] if chosen is None else periods.get(chosen, 0),
        "by_page": 0 if chosen is None else periods.get(chosen, 0),
        "choices": [
            {"link": _link(filtered, each), "text": text, "current": each == chosen}
            for each, text in choices
        ],
    }


def _link(filtered: str, refresh: str | None) -> str:
    asked = {"q": filtered, "refresh": refresh or ""}
    return "?" + urlencode({name: value for name, value in asked.items() if value})
