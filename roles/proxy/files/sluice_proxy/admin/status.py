# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the proxy is at one moment, as the API, the command line and the page show it."""

from __future__ import annotations

from dataclasses import dataclass

from ..resources.model import Origin


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of the last seconds: requests and failures (status 500 to 599) per second, and the seconds in
    which half and 99 of 100 were answered (upper ends of the buckets; None without a request).

    ``total`` and ``in_flight`` are requests since the start, and now; upgraded connections count
    as in flight for as long as they are open.
    """

    per_second: float = 0.0
    failures_per_second: float = 0.0
    p50: float | None = None
    p99: float | None = None
    total: int = 0
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """``health`` is ``healthy``, ``unhealthy``, or ``unchecked`` without active checks."""

    name: str
    weight: int
    state: str
    health: str
    traffic: Traffic


@dataclass(frozen=True, slots=True)
class RouteStatus:
    """``action`` is ``targets``, ``redirect``, ``page``, or ``nothing``."""

    name: str
    origin: Origin
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    action: str
    traffic: Traffic
    targets: tuple[TargetStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """``state`` is ``held``, ``waiting``, ``ordering`` or ``failed``. ``authority`` is the one that
    issued the certificate, or was asked last; ``said`` is what went wrong last, empty when nothing
    did, and ``failures`` counts since the last success. The moments are in seconds since 1970."""

    state: str
    authority: str = ""
    said: str = ""
    failures: int = 0
    next_try: float | None = None
    renew_at: float | None = None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """``provider`` is ``file``, ``given``, ``self_signed``, ``local_ca`` or ``acme``; ``not_after``
    in seconds since 1970. ``fingerprint`` is SHA-256 of the leaf in hexadecimal. ``said`` is what
    went wrong when it was last to be made, empty when nothing did. ``order`` is None for one that
    is not ordered."""

    id: str
    origin: Origin
    provider: str
    names: tuple[str, ...]
    fingerprint: str
    not_after: float
    days_left: float
    said: str = ""
    order: OrderStatus | None = None


@dataclass(frozen=True, slots=True)
class ListenerStatus:
    """An address that is listened to."""

    address: str
    tls: bool


@dataclass(frozen=True, slots=True)
class WorkerStatus:
    """``state`` is ``serving`` or ``leaving``; ``answered`` the seconds since it last did."""

    pid: int
    state: str
    connections: int
    answered: float


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """``kind`` is ``sqlite``, ``memory``, or ``none``; ``said`` why it cannot be used now, empty
    when it can."""

    kind: str
    place: str
    revision: int
    said: str = ""


@dataclass(frozen=True, slots=True)
class FleetStatus:
    """``kind`` is ``redis``, ``alone``, or ``none`` where nothing is ordered; ``said`` why what is
    shared cannot be used now, empty when it can."""

    kind: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything. ``program`` is its name and version; ``started`` and ``now`` in seconds since
    1970; ``version`` is that of the snapshot in force, ``refused`` what the last refused change of
    the configuration file said, empty when the last was not refused. Logs are files, ``-`` for
    standard output, or None."""

    program: str
    pid: int
    started: float
    now: float
    serves: bool
    version: int
    refused: str
    store: StoreStatus
    fleet: FleetStatus
    listeners: tuple[ListenerStatus, ...]
    workers: tuple[WorkerStatus, ...]
    routes: tuple[RouteStatus, ...]
    certificates: tuple[CertificateStatus, ...]
    access_log: str | None
    error_log: str | None
    log_level: str
    traffic: Traffic
