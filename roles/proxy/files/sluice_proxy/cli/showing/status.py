# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the proxy is, as tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .amounts import days, duration, latency, moment, rate
from .orders import order_trouble, order_words
from .table import several, table

Json = Mapping[str, Any]


def status_lines(status: Json) -> list[str]:
    """Return what ``/status`` answers as lines for people."""
    parts = [
        _summary(status),
        _section("LISTENERS", ["ADDRESS", "TLS"], map(_listener, _list(status, "listeners"))),
        _section(
            "WORKERS",
            ["PROCESS", "STATE", ">CONNECTIONS", ">ANSWERED"],
            map(_worker, _list(status, "workers")),
        ),
        _section(
            "ROUTES",
            ["NAME", "HOSTS", "PATHS", "ACTION", "ORIGIN", *TRAFFIC_TITLES],
            map(_route, _list(status, "routes")),
        ),
        _section(
            "TARGETS",
            ["ROUTE", "TARGET", ">WEIGHT", "STATE", "HEALTH", *TRAFFIC_TITLES],
            [
                _target(route, target)
                for route in _list(status, "routes")
                for target in _list(route, "targets")
            ],
        ),
        _section(
            "CERTIFICATES",
            ["NAME", "NAMES", "PROVIDER", "ORIGIN", ">DAYS LEFT", "UNTIL", "ORDER", "TROUBLE"],
            map(_certificate, _list(status, "certificates")),
        ),
    ]
    return [line for part in parts for line in (*part, "")][:-1]


TRAFFIC_TITLES = (">REQ/S", ">FAIL/S", ">P50", ">P99", ">IN FLIGHT")


def traffic_cells(traffic: Json) -> tuple[str, str, str, str, str]:
    """Return the cells of TRAFFIC_TITLES."""
    return (
        rate(_number(traffic, "per_second")),
        rate(_number(traffic, "failures_per_second")),
        latency(traffic.get("p50")),
        latency(traffic.get("p99")),
        str(traffic.get("in_flight", 0)),
    )


def _summary(status: Json) -> list[str]:
    store = status.get("store") or {}
    started, now = _number(status, "started"), _number(status, "now")
    serves = "serves" if status.get("serves") else "DOES NOT SERVE"
    lines = [
        f"{status.get('program')} {serves}, process {status.get('pid')}, since"
        f" {moment(started)} ({duration(now - started)})",
        f"configuration: version {status.get('version')} in force",
    ]
    if status.get("refused"):
        lines.append(f"  the last change of the file was refused: {status['refused']}")
    place = f" {store.get('place')}" if store.get("place") else ""
    lines.append(f"store: {store.get('kind')}{place}, revision {store.get('revision')}")
    if store.get("said"):
        lines.append(f"  it cannot be used: {store['said']}")
    fleet = status.get("fleet") or {}
    if fleet.get("kind") == "redis":
        lines.append("fleet: shares certificates by Redis")
    if fleet.get("said"):
        lines.append(f"  what nodes share cannot be used: {fleet['said']}")
    lines.append(
        f"logs: access {_log(status.get('access_log'))}, error {_log(status.get('error_log'))},"
        f" level {status.get('log_level')}"
    )
    traffic = status.get("traffic") or {}
    requests, failures, half, most, in_flight = traffic_cells(traffic)
    lines.append(
        f"traffic: {requests} requests/s, {failures} failures/s, half within {half or '-'}, 99 of"
        f" 100 within {most or '-'}, {in_flight} in flight, {traffic.get('total', 0)} since the"
        " start"
    )
    return lines


def _section(name: str, titles: Sequence[str], rows: Any) -> list[str]:
    listed = list(rows)
    return [name, *(f"  {line}" for line in (table(titles, listed) if listed else ["none"]))]


def _listener(one: Json) -> list[str]:
    return [str(one.get("address")), "yes" if one.get("tls") else "no"]


def _worker(one: Json) -> list[str]:
    answered = f"{_number(one, 'answered'):.1f} s ago"
    return [str(one.get("pid")), str(one.get("state")), str(one.get("connections")), answered]


def _route(one: Json) -> list[str]:
    return [
        str(one.get("name")),
        several([str(host) for host in _list(one, "hosts")]),
        several([str(path) for path in _list(one, "paths")]),
        str(one.get("action")),
        str(one.get("origin")),
        *traffic_cells(one.get("traffic") or {}),
    ]


def _target(route: Json, one: Json) -> list[str]:
    return [
        str(route.get("name")),
        str(one.get("name")),
        str(one.get("weight")),
        str(one.get("state")),
        str(one.get("health")),
        *traffic_cells(one.get("traffic") or {}),
    ]


def _certificate(one: Json) -> list[str]:
    end = _number(one, "not_after")
    return [
        str(one.get("id")),
        several([str(name) for name in _list(one, "names")]),
        str(one.get("provider")),
        str(one.get("origin")),
        days(_number(one, "days_left")) if end else "",
        moment(end) if end else "",
        order_words(one.get("order")),
        str(one.get("said") or order_trouble(one.get("order"))),
    ]


def _log(path: object) -> str:
    return "off" if path is None else "standard output" if path == "-" else str(path)


def _list(value: Json, name: str) -> list[Json]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _number(value: Json, name: str) -> float:
    found = value.get(name)
    return float(found) if isinstance(found, int | float) else 0.0
