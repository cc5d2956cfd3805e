# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounds on what clients and upstreams may take; times in seconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """``body_bytes`` and ``connections_per_client`` may be None for no limit."""

    head_bytes: int = 32 * 1024
    target_bytes: int = 8 * 1024
    field_bytes: int = 16 * 1024
    fields: int = 100
    body_bytes: int | None = None
    connections: int = 20_000
    connections_per_client: int | None = None
    requests_per_connection: int = 10_000


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """``head`` until a head is whole; ``body`` between two reads of content; ``send`` while a
    client takes nothing; ``idle`` between requests; ``handshake`` of TLS and the PROXY header;
    ``drain`` for requests that run when the proxy stops."""

    head: float = 10.0
    body: float = 30.0
    send: float = 30.0
    idle: float = 60.0
    handshake: float = 10.0
    drain: float = 30.0


@dataclass(frozen=True, slots=True)
class UpstreamLimits:
    """``connections`` to a target, of which ``idle`` are kept for ``idle_time``, by each worker.

    ``queue`` requests wait for a connection at most ``wait``. Names are resolved again after
    ``resolve``.
    """

    connections: int = 1024
    idle: int = 64
    idle_time: float = 60.0
    queue: int = 1024
    wait: float = 5.0
    resolve: float = 30.0
