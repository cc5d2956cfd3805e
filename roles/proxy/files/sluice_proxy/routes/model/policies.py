# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits and policies of a route."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class RouteTimeouts:
    """Seconds, or None for no limit.

    ``connect`` until the target accepts; ``response`` until its head is there; ``read`` between
    two reads of its content; ``send`` while it does not take the request; ``total`` for the whole
    exchange; ``tunnel`` for an upgraded connection that is silent.
    """

    connect: float = 5.0
    response: float | None = 60.0
    read: float | None = 60.0
    send: float | None = 60.0
    total: float | None = None
    tunnel: float | None = 3600.0


class BalancingMethod(StrEnum):
    """How one of several targets is chosen."""

    ROUND_ROBIN = "round_robin"
    LEAST_CONNECTIONS = "least_connections"
    RANDOM_OF_TWO = "random_of_two"
    CLIENT_HASH = "client_hash"


@dataclass(frozen=True, slots=True)
class StickyCookie:
    """A cookie that keeps a client at its target; its value is keyed with ``secret``.

    ``max_age`` in seconds, None until the browser ends. ``same_site`` is Lax, Strict or None.
    """

    secret: bytes = field(repr=False)
    name: str = "sluice_target"
    max_age: int | None = None
    path: str = "/"
    domain: str | None = None
    secure: bool = False
    same_site: str = "Lax"


@dataclass(frozen=True, slots=True)
class Balancing:
    """``slow_start``: seconds in which the share of a target that came back grows to its full."""

    method: BalancingMethod = BalancingMethod.ROUND_ROBIN
    sticky: StickyCookie | None = None
    slow_start: float = 0.0


class RetryOn(StrEnum):
    """After what a request may be sent again."""

    CONNECT = "connect"
    CLOSED = "closed"
    TIMEOUT = "timeout"
    BAD_RESPONSE = "bad_response"
    HTTP_502 = "502"
    HTTP_503 = "503"
    HTTP_504 = "504"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most ``attempts`` sendings of a request, the first included.

    ``methods`` are those that may be sent twice. Retries are at most ``budget`` of the requests
    of late, ``reserve`` a second are always allowed.
    """

    attempts: int = 2
    on: frozenset[RetryOn] = frozenset({RetryOn.CONNECT, RetryOn.CLOSED})
    methods: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
    budget: float = 0.2
    reserve: float = 3.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Each client address gets ``rate`` requests a second and ``burst`` at once.

    ``clients`` bounds how many are remembered. IPv6 clients are counted by their /64.
    """

    rate: float
    burst: int
    clients: int = 10_000


class MaintenanceMode(StrEnum):
    """What happens to requests of a route under maintenance."""

    OFF = "off"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """``pause`` holds up to ``queue`` requests, each up to ``hold`` seconds; ``stop`` answers 503.

    ``retry_after`` in seconds goes into the field of that name.
    """

    mode: MaintenanceMode = MaintenanceMode.OFF
    hold: float = 30.0
    queue: int = 1000
    retry_after: int | None = None


class ClientCertificate(StrEnum):
    """Whether a client has to show a certificate."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What TLS has to be for a host; ``min_version`` is 1.2 or 1.3, ``client_ca_file`` is PEM.

    ``client_ca`` is what was in that file when it was read.
    """

    min_version: str = "1.2"
    client_certificate: ClientCertificate = ClientCertificate.NONE
    client_ca_file: str | None = None
    client_ca: str | None = field(default=None, repr=False)
