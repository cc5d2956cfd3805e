# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status documents, and the facts that they are made of."""

from __future__ import annotations

from typing import Any

from sluice_proxy.admin.status import (
    CertificateStatus,
    FleetStatus,
    ListenerStatus,
    RouteStatus,
    Status,
    StoreStatus,
    TargetStatus,
    Traffic,
    WorkerStatus,
)
from sluice_proxy.resources.model import Declared, Leaf, Origin
from sluice_proxy.supervisor.status import Facts
from sluice_proxy.supervisor.status_traffic import Rates

from samples.config import snapshot

NOW = 1_800_000_000.0
"""Seconds since 1970."""


def facts(config: str, **changed: Any) -> Facts:
    """Return what a proxy with a configuration knows, but for what is ``changed``."""
    usual: dict[str, Any] = {
        "program": "sluice-proxy 1.2.3",
        "pid": 1,
        "started": 0.0,
        "now": 60.0,
        "serves": True,
        "version": 1,
        "refused": "",
        "store": StoreStatus("none", "", 0),
        "fleet": FleetStatus("none"),
        "snapshot": snapshot(config),
        "declared": Declared(),
        "workers": (),
        "said_of_certificates": {},
        "healthy": {},
        "log_level": "info",
        "rates": Rates(),
    }
    return Facts(**{**usual, **changed})


def leaf(provider: str, names: tuple[str, ...] = ("shop.test",), ends: float = 1e9) -> Leaf:
    """Return what is told of a certificate that ends at ``ends``, in seconds since 1970."""
    return Leaf(provider, names, "ab" * 32, "cd" * 32, 0.0, ends, "CN=issuer", "1f")


def route(name: str = "shop", **changed: Any) -> RouteStatus:
    """Return a route of one healthy target, but for what is ``changed``."""
    usual: dict[str, Any] = {
        "origin": Origin.API,
        "hosts": (f"{name}.test",),
        "paths": ("/",),
        "action": "targets",
        "traffic": Traffic(),
        "targets": (target(),),
    }
    return RouteStatus(name, **{**usual, **changed})


def target(name: str = "http://10.0.0.1:8080", **changed: Any) -> TargetStatus:
    """Return a target in use, but for what is ``changed``."""
    usual: dict[str, Any] = {
        "weight": 1,
        "state": "active",
        "health": "healthy",
        "traffic": Traffic(),
    }
    return TargetStatus(name, **{**usual, **changed})


def certificate(name: str = "shop", days_left: float = 60.0, **changed: Any) -> CertificateStatus:
    """Return a certificate, but for what is ``changed``."""
    usual: dict[str, Any] = {
        "origin": Origin.API,
        "provider": "local_ca",
        "names": (f"{name}.test", f"www.{name}.test"),
        "fingerprint": "5f" * 32,
        "not_after": NOW + days_left * 86_400,
        "days_left": days_left,
    }
    return CertificateStatus(name, **{**usual, **changed})


def status(**changed: Any) -> Status:
    """Return the status of a proxy that is well, but for what is ``changed``."""
    usual: dict[str, Any] = {
        "program": "sluice-proxy 1.2.3",
        "pid": 814,
        "started": NOW - 3 * 86_400,
        "now": NOW,
        "serves": True,
        "version": 12,
        "refused": "",
        "store": StoreStatus("sqlite", "/var/lib/sluice-proxy/store.db", 37),
        "fleet": FleetStatus("none"),
        "listeners": (ListenerStatus("0.0.0.0:80", False), ListenerStatus("[::]:443", True)),
        "workers": (
            WorkerStatus(901, "serving", 118, 0.2),
            WorkerStatus(902, "serving", 97, 0.1),
        ),
        "routes": (route(),),
        "certificates": (certificate(),),
        "access_log": "/var/log/sluice-proxy/access.log",
        "error_log": "-",
        "log_level": "info",
        "traffic": Traffic(),
    }
    return Status(**{**usual, **changed})


def busy(number: int) -> Traffic:
    """Return the traffic of a place that has so many requests a second, none of them failed."""
    return Traffic(float(number), 0.0, 0.005, 0.05, 1000 * number, number // 10)
