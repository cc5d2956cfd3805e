# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route: which requests it is for, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice_proxy.routes.model.actions import FieldChanges, Page, Redirect, Rewrite
from sluice_proxy.routes.model.health import HealthChecks
from sluice_proxy.routes.model.host_pattern import ANY_HOST, HostPattern
from sluice_proxy.routes.model.path_pattern import ANY_PATH, PathPattern
from sluice_proxy.routes.model.policies import (
    Balancing,
    Maintenance,
    RateLimit,
    RetryPolicy,
    RouteTimeouts,
    TlsPolicy,
)
from sluice_proxy.routes.model.target import Target


@dataclass(frozen=True, slots=True)
class Route:
    """One route; it serves each of its hosts with each of its paths.

    What answers: the redirect, else the page, else a target; with none of them the no-route page.
    ``keep_host`` sends the client's Host to the target, else the target's own authority.
    ``body_limit`` in bytes, None for the one of the whole proxy, 0 for none. ``certificate_made``
    asks for a certificate for its hosts that the proxy makes itself.
    """

    name: str
    hosts: tuple[HostPattern, ...] = (ANY_HOST,)
    paths: tuple[PathPattern, ...] = (ANY_PATH,)
    targets: tuple[Target, ...] = ()
    redirect: Redirect | None = None
    page: Page | None = None
    rewrite: Rewrite = field(default_factory=Rewrite)
    keep_host: bool = True
    request_fields: FieldChanges = field(default_factory=FieldChanges)
    response_fields: FieldChanges = field(default_factory=FieldChanges)
    timeouts: RouteTimeouts = field(default_factory=RouteTimeouts)
    body_limit: int | None = None
    balancing: Balancing = field(default_factory=Balancing)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    health: HealthChecks = field(default_factory=HealthChecks)
    rate_limit: RateLimit | None = None
    maintenance: Maintenance = field(default_factory=Maintenance)
    tls: TlsPolicy | None = None
    certificate_made: bool = False
