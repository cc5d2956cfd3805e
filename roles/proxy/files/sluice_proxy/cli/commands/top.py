# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``top``: requests per second and latency by route, as they are now and go on."""

from __future__ import annotations

import argparse
import time
from itertools import count

from ..client.api import Json
from ..client.waiting import status_in_time
from ..ending import Exit
from ..options import Commands, api_of
from ..showing.amounts import moment
from ..showing.status import TRAFFIC_TITLES, traffic_cells
from ..showing.table import table
from ..showing.terminal import is_terminal, redraw, say, say_json


def add(commands: Commands) -> None:
    """Add the command."""
    top = commands.command(
        "top",
        "requests per second and latency by route, the busiest first, until Ctrl-C",
        _top,
        api=True,
    )
    top.add_argument("--once", action="store_true", help="say it once, and end")
    top.add_argument(
        "--interval", type=_interval, default=1.0, metavar="SECONDS", help="else 1 second"
    )


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r}: write 0.1 to 3600 seconds")
    return seconds


def _top(asked: argparse.Namespace) -> int:
    api = api_of(asked)
    live = is_terminal() and not asked.json and not asked.once
    status = api.status()
    for turn in count():
        if turn:
            time.sleep(asked.interval)
            status = status_in_time(api, asked.interval)
        if asked.json:
            say_json(_told(status), compact=not asked.once)
        elif live:
            redraw(_screen(status))
        else:
            say(*_screen(status))
        if asked.once:
            break
    return Exit.GOOD


def _screen(status: Json) -> list[str]:
    routes = sorted(status.get("routes") or [], key=_busy)
    rows = [
        ["all", *traffic_cells(status.get("traffic") or {})],
        *([str(one.get("name")), *traffic_cells(one.get("traffic") or {})] for one in routes),
    ]
    return [moment(float(status.get("now") or 0)), *table(["ROUTE", *TRAFFIC_TITLES], rows)]


def _busy(route: Json) -> tuple[float, str]:
    return -float((route.get("traffic") or {}).get("per_second") or 0), str(route.get("name"))


def _told(status: Json) -> dict[str, object]:
    return {
        "now": status.get("now"),
        "traffic": status.get("traffic"),
        "routes": [
            {"name": one.get("name"), "traffic": one.get("traffic")}
            for one in sorted(status.get("routes") or [], key=_busy)
        ],
    }
