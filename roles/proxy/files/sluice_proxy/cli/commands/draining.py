# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``drain`` and ``undrain``: whether a target of a route gets requests."""

from __future__ import annotations

import argparse
import time
from typing import Any

from ..client.api import Api, Json
from ..client.waiting import status_in_time
from ..ending import BadUsage, Exit, Failure
from ..options import Commands, add_dry_run, add_if_version, api_of
from ..showing.plan import plan_lines
from ..showing.terminal import say, say_json

DRAINING, ACTIVE = "draining", "active"
LOOK_SECONDS = 0.25
"""Between two looks at what is in flight."""


def add(commands: Commands) -> None:
    """Add both commands."""
    drain = commands.command(
        "drain", "send a target no more requests; those that run are finished", _drain, api=True
    )
    _add_target(drain)
    drain.add_argument("--wait", action="store_true", help="until none of its requests runs")
    drain.add_argument(
        "--timeout", type=_seconds, metavar="TIME",
        help="how long to wait, like 30s; without it as long as it takes",
    )  # fmt: skip
    _add_target(commands.command("undrain", "send a target requests again", _undrain, api=True))


def _add_target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("route", metavar="ROUTE")
    parser.add_argument("target", metavar="TARGET", help="as status shows it")
    add_dry_run(parser)
    add_if_version(parser)


def _seconds(text: str) -> float:
    from ...config.units import seconds

    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _drain(asked: argparse.Namespace) -> int:
    if asked.timeout is not None and not asked.wait:
        raise BadUsage("--timeout is for --wait")
    if asked.wait and asked.dry_run:
        raise BadUsage("--wait and --dry-run do not go together: nothing is drained")
    return _put(asked, DRAINING)


def _undrain(asked: argparse.Namespace) -> int:
    return _put(asked, ACTIVE)


def _put(asked: argparse.Namespace, state: str) -> int:
    api = api_of(asked)
    asked.target = _name_of(asked.target)
    answer, changed = api.change_target(
        asked.route, asked.target, {"state": state}, asked.if_version, dry_run=asked.dry_run
    )
    if asked.dry_run:
        if asked.json:
            say_json(answer)
        else:
            say(*plan_lines(answer, dry_run=True))
        return Exit.GOOD
    place = f"route {asked.route}, target {asked.target}"
    if not asked.json:
        say(f"{place}: {state}" + ("" if changed else " already"))
    told: dict[str, Any] = {
        "route": asked.route,
        "target": asked.target,
        "state": state,
        "changed": changed,
        "version": answer.get("version"),
    }
    if state == DRAINING and asked.wait:
        _wait(api, asked, place)
        told["in_flight"] = 0
        if not asked.json:
            say(f"{place}: none of its requests runs")
    if asked.json:
        say_json(told)
    return Exit.GOOD


def _name_of(target: str) -> str:
    """Return what the API calls a target that was written as documents may have it."""
    from ...config.places import target_place

    try:
        return target_place(target).name
    except ValueError:
        return target


def _wait(api: Api, asked: argparse.Namespace, place: str) -> None:
    """Return when nothing is in flight to the target; raises Failure when that takes too long."""
    end = None if asked.timeout is None else time.monotonic() + asked.timeout
    told = -1
    while left := _left(api, asked, end):
        running = "1 request runs" if left == 1 else f"{left} requests run"
        if end is not None and time.monotonic() >= end:
            raise Failure(Exit.FAILED, f"{place}: {running} still after the timeout")
        if left != told and not asked.json:
            say(f"{place}: {running}", error=True)
        told = left
        time.sleep(LOOK_SECONDS)


def _left(api: Api, asked: argparse.Namespace, end: float | None) -> int:
    return _in_flight(status_in_time(api, LOOK_SECONDS, end), asked.route, asked.target)


def _in_flight(status: Json, route: str, target: str) -> int:
    """Return how many requests of a target run; none where it is gone."""
    return sum(
        int((one.get("traffic") or {}).get("in_flight") or 0)
        for each in status.get("routes") or []
        if each.get("name") == route
        for one in each.get("targets") or []
        if one.get("name") == target
    )
