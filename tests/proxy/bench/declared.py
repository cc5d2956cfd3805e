# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long ten thousand declared routes take, in milliseconds: ``python -m bench.declared``.

Only what they mean, what a batch comes to and the snapshot: no store on a disk, and no workers.
"""

from __future__ import annotations

import time
from typing import Any

from samples.resources import ROUTE, Running, route
from sluice_proxy.resources.model import Change, Purge
from sluice_proxy.resources.opening import open_edition

ROUTES = 10_000


def document(number: int, weight: int = 1) -> dict[str, Any]:
    """Return a route of two paths and two targets with health checks."""
    return {
        "hosts": f"h{number}.example.com",
        "paths": ["/a", "/b"],
        "targets": [
            {"url": f"http://10.0.{number // 250}.{number % 250 + 1}:8080", "weight": weight},
            "http://10.1.1.1:8081",
        ],
        "health": "/health",
    }


def main() -> None:
    """Print a line for each measurement."""
    proxy = Running()
    everything = [route(f"r{number}", **document(number)) for number in range(ROUTES)]
    batches: dict[str, list[Change | Purge]] = {
        "the first batch of all": [*everything],
        "the same again": [*everything],
        "one route changed": [route("r77", **document(77, 2))],
        "one route more": [route("more", **document(ROUTES))],
    }
    for name, changes in batches.items():
        _told(name, lambda changes=changes: (proxy.change(*changes), proxy.snapshot))
    contents = proxy.store.read(None)
    _told("at the start", lambda: open_edition(proxy.edition.base, contents, proxy.files))
    _told("read again", lambda: proxy.reread(""))
    _told("all withdrawn", lambda: (proxy.change(Purge(ROUTE)), proxy.snapshot))


def _told(name: str, call: Any) -> None:
    start = time.perf_counter()
    call()
    print(f"{(time.perf_counter() - start) * 1e3:7.0f} ms  {name}")


if __name__ == "__main__":
    main()
