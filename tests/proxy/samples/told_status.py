# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A status as the API tells it: plain data, with something of everything."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sluice_proxy.admin.status import (
    CertificateStatus,
    FleetStatus,
    ListenerStatus,
    OrderStatus,
    RouteStatus,
    Status,
    StoreStatus,
    TargetStatus,
    Traffic,
    WorkerStatus,
)
from sluice_proxy.resources.model import Origin

NOW = 1_800_000_000.0
BUSY = Traffic(12.5, 0.5, p50=0.004, p99=1.2, total=900, in_flight=3)
FIRST, SECOND = "http://10.0.0.1:8080", "http://10.0.0.2:8080"


def shop(in_flight: int = 3) -> RouteStatus:
    return RouteStatus(
        "shop",
        Origin.API,
        ("shop.example.com", "shop.example.org"),
        ("/",),
        "targets",
        BUSY,
        (
            TargetStatus(FIRST, 2, "active", "healthy", BUSY),
            TargetStatus(SECOND, 1, "draining", "unhealthy", Traffic(in_flight=in_flight)),
        ),
    )


def sample_status(**changed: Any) -> dict[str, Any]:
    """Return a status as plain data; ``changed`` are fields of it."""
    status = Status(
        program="sluice-proxy 1.2.3",
        pid=4711,
        started=NOW - 11_000,
        now=NOW,
        serves=True,
        version=7,
        refused="",
        store=StoreStatus("sqlite", "/var/lib/sluice-proxy/store.db", 41),
        fleet=FleetStatus("none"),
        listeners=(ListenerStatus("0.0.0.0:80", False), ListenerStatus("0.0.0.0:443", True)),
        workers=(WorkerStatus(4712, "serving", 17, 0.3), WorkerStatus(4713, "leaving", 1, 2.0)),
        routes=(
            shop(),
            RouteStatus("moved", Origin.FILE, ("*",), ("/old",), "redirect", Traffic()),
        ),
        certificates=(
            CertificateStatus(
                "shop", Origin.API, "local_ca", ("shop.test",), "ab" * 32, NOW + 86_400 * 5.25, 5.25
            ),
            CertificateStatus(
                "auto a.test",
                Origin.FILE,
                "acme",
                ("a.test",),
                "cd" * 32,
                NOW + 86_400 * 60,
                60.0,
                order=OrderStatus("held", "letsencrypt", renew_at=NOW + 86_400 * 30),
            ),
        ),
        access_log="/var/log/sluice-proxy/access.log",
        error_log="-",
        log_level="info",
        traffic=BUSY,
    )
    told: dict[str, Any] = json.loads(json.dumps({**asdict(status), **changed}))
    return told
