# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``limits``, ``timeouts`` and ``upstream``: what clients and targets may take."""

from __future__ import annotations

from pydantic import Field

from sluice_proxy.config.sections.section import (
    Count,
    CountOrNone,
    Duration,
    OptionalCount,
    OptionalSize,
    Section,
    Size,
)
from sluice_proxy.snapshot.limits import ClientTimeouts, Limits, UpstreamLimits


class LimitsSection(Section):
    """What a client may take."""

    head_bytes: Size = Field(default=32 * 1024, description="Size of a request's head.")
    target_bytes: Size = Field(default=8 * 1024, description="Size of a request-target.")
    field_bytes: Size = Field(default=16 * 1024, description="Size of one field, name and value.")
    fields: Count = Field(default=100, description="Number of a request's fields.")
    body_bytes: OptionalSize = Field(
        default=None, description="Size of a request's content, `off` for no limit."
    )
    connections: Count = Field(
        default=20_000, description="Connections of clients at a time, of all workers."
    )
    connections_per_client: OptionalCount = Field(
        default=None,
        description="Connections of one client at a time, by each worker; `off` for no limit.",
    )
    requests_per_connection: Count = Field(
        default=10_000, description="Requests on a connection before it is closed."
    )

    def limits(self) -> Limits:
        """Return what this stands for."""
        return Limits(**dict(self))


class TimeoutsSection(Section):
    """How long a client may take."""

    head: Duration = Field(default=10.0, description="Until a request's head is whole.")
    body: Duration = Field(default=30.0, description="Between two reads of a request's content.")
    send: Duration = Field(default=30.0, description="While a client takes none of the response.")
    idle: Duration = Field(default=60.0, description="Between two requests of a connection.")
    handshake: Duration = Field(
        default=10.0, description="For the PROXY header and the handshake of TLS, each."
    )
    drain: Duration = Field(
        default=30.0, description="For requests that run when the proxy is stopped."
    )

    def timeouts(self) -> ClientTimeouts:
        """Return what this stands for."""
        return ClientTimeouts(**dict(self))


class UpstreamSection(Section):
    """Connections to targets; the numbers hold for each target and worker."""

    connections: Count = Field(default=1024, description="Connections to a target at a time.")
    idle: CountOrNone = Field(
        default=64, description="How many unused connections are kept; 0 for a new one each time."
    )
    idle_time: Duration = Field(default=60.0, description="How long they are kept.")
    queue: CountOrNone = Field(
        default=1024, description="Requests that wait for a connection; 0 for none."
    )
    wait: Duration = Field(default=5.0, description="How long they wait.")
    resolve: Duration = Field(
        default=30.0, description="How long the addresses of a target's name are used."
    )

    def limits(self) -> UpstreamLimits:
        """Return what this stands for."""
        return UpstreamLimits(**dict(self))
