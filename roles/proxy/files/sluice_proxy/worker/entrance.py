# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new connection goes through before its first request: the PROXY header, and TLS."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv6Address
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..http.forwarding import ClientSide
from ..proxy_protocol import BadProxyHeader, ProxyHeader, read_header
from ..snapshot.listening import Listener
from ..snapshot.networks import Networks
from ..tls.server_side import TlsServerSide
from .addresses import both_ends, peer, plain_address
from .deadlines import NEVER
from .http1_client import Http1Client

if TYPE_CHECKING:
    from .server import Worker


_GRACE = 1.0
"""Seconds by which one who waits for us outlasts the wait, so that it is told of its end."""


class Entrance:
    """Makes the protocol for each connection of one listening socket."""

    __slots__ = ("_announced", "_announcing", "_tls", "_worker")

    def __init__(self, worker: Worker, listener: Listener) -> None:
        self._worker = worker
        self._tls = listener.tls
        self._announced = Networks(listener.proxy_protocol_from)
        self._announcing = bool(listener.proxy_protocol_from)

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol that a new connection begins with."""
        return _Accepted(self)

    def announces(self, address: str) -> bool:
        """Return whether a peer has to send a PROXY header first."""
        return self._announcing and address in self._announced

    @property
    def worker(self) -> Worker:
        """Whose connections they are."""
        return self._worker

    def admit(
        self, transport: Any, address: str, port: int, announced: ProxyHeader | None = None
    ) -> asyncio.Protocol | None:
        """Hand a connection on to what speaks TLS or HTTP; None when there are too many."""
        worker = self._worker
        reason = worker.connection_refused(address)
        if reason is not None:
            transport.abort()
            return None
        scheme = "https" if self._tls else "http"
        side = ClientSide(address, scheme, port, address in worker.serving.trusted)
        client = Http1Client(worker, side, announced)
        protocol: asyncio.Protocol = client
        if self._tls:
            protocol = _TlsEntrance(worker, client, _came_to(announced, transport))
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return protocol


class _Accepted(asyncio.Protocol):
    """A connection of which no byte was read."""

    __slots__ = ("_buffer", "_entrance", "_transport", "deadline")

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._transport: Any = None
        self._buffer = b""
        self.deadline = NEVER

    def connection_made(self, transport: Any) -> None:
        """Go on at once, or wait for the PROXY header."""
        self._transport = transport
        address, port = peer(transport)
        if not self._entrance.announces(address):
            self._entrance.admit(transport, address, port)
            return
        worker = self._entrance.worker
        self.deadline = monotonic() + worker.serving.timeouts.handshake
        worker.deadlines.watched[self] = None

    def data_received(self, data: bytes) -> None:
        """Read the header; what follows it belongs to TLS or HTTP."""
        self._buffer += data
        try:
            found = read_header(self._buffer)
        except BadProxyHeader as bad:
            self._entrance.worker.log_error("a PROXY header was refused: " + bad.reason)
            self._transport.abort()
            return
        if found is None:
            return
        header, size = found
        self._leave()
        address, port = _announced(header, self._transport)
        protocol = self._entrance.admit(self._transport, address, port, header)
        rest, self._buffer = self._buffer[size:], b""
        if protocol is not None and rest:
            protocol.data_received(rest)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._leave()

    def expired(self, now: float) -> None:
        """The header did not come in time."""
        self._transport.abort()

    def _leave(self) -> None:
        self._entrance.worker.deadlines.watched.pop(self, None)


class _TlsEntrance(TlsServerSide):
    """TLS whose handshake has a time limit."""

    __slots__ = ("_address", "_left", "_policies", "_worker", "deadline")

    def __init__(self, worker: Worker, client: Http1Client, came_to: str) -> None:
        serving = worker.serving
        super().__init__(serving.choose, client, self._handshake_failed, came_to)
        self._worker = worker
        self._policies = serving.tls_policies
        self._address = client.side.address
        self._left = 0.0
        self.deadline = NEVER

    def connection_made(self, transport: Any) -> None:
        """Wait for the ClientHello."""
        super().connection_made(transport)
        self.deadline = monotonic() + self._worker.serving.timeouts.handshake
        self._worker.deadlines.watched[self] = None

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection, ``tls_policy`` included."""
        if name == "tls_policy":
            # That under which the context was chosen, though another may be in force by now.
            return self._policies.of(self.server_name)
        return super().get_extra_info(name, default)

    def held_up(self, seconds: float) -> None:
        """What the client waits for us is not of its own time."""
        now = monotonic()
        self._left = self.deadline - now
        self.deadline = now + seconds + _GRACE

    def goes_on(self) -> None:
        """It has the rest of its time from now on."""
        self.deadline = monotonic() + self._left
        self._policies = self._worker.serving.tls_policies

    def opened(self) -> None:
        """The handshake is done."""
        self._worker.deadlines.watched.pop(self, None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it; what is inside does its own counting once it knows of the connection."""
        self._worker.deadlines.watched.pop(self, None)
        if not self.was_open:
            self._worker.connection_closed(self._address)
        super().connection_lost(exc)

    def expired(self, now: float) -> None:
        """The handshake did not end in time."""
        self._worker.handshake_failed("it did not end in time")
        self.abort()

    def _handshake_failed(self, reason: str) -> None:
        self._worker.handshake_failed(reason)


def _came_to(announced: ProxyHeader | None, transport: Any) -> str:
    """Return the address that a client came to, be it another proxy's; empty for a unix socket."""
    for header in (announced, both_ends(transport)):
        if header is not None and isinstance(header.destination, (IPv4Address, IPv6Address)):
            return str(plain_address(str(header.destination)))
    return ""


def _announced(header: ProxyHeader, transport: Any) -> tuple[str, int]:
    """Return what `peer` would, had the client connected here itself."""
    source = header.source
    if isinstance(source, (IPv4Address, IPv6Address)):
        return str(plain_address(str(source))), header.destination_port
    if source is not None:
        return "", 0
    return peer(transport)
