# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client's side of a connection, as upstreams are told of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from ..fields.block import field_line
from ..request_head import RequestHead

is_request_id = re.compile(rb"[0-9A-Za-z_.:=+/@-]{1,128}").fullmatch


@dataclass(frozen=True, slots=True)
class ClientSide:
    """What is known of a client; made once for a connection.

    ``address`` is an IP address without port, or empty for a unix socket; ``scheme`` is ``http``
    or ``https``; ``port`` is where the client connected to, 0 for none. ``trusted`` says whether
    it is believed in what it says of clients behind it. Raises ValueError for other values.
    """

    address: str
    scheme: str
    port: int
    trusted: bool = False
    x_forwarded: bytes = field(init=False, repr=False)
    """The lines of X-Forwarded-For, -Proto and -Port for a client that is not trusted."""
    node: bytes = field(init=False, repr=False)
    """The client as RFC 7239 section 6 writes it."""

    def __post_init__(self) -> None:
        if self.scheme not in ("http", "https"):
            raise ValueError(f"scheme {self.scheme!r} is neither http nor https")
        if not 0 <= self.port < 65536:
            raise ValueError(f"port {self.port} is out of range: use 0 to 65535")
        version = ip_address(self.address).version if self.address else 0
        node = {0: "unknown", 4: self.address, 6: f'"[{self.address}]"'}[version]
        object.__setattr__(self, "node", node.encode("ascii"))
        object.__setattr__(self, "x_forwarded", self._x_forwarded({}))

    def scheme_of(self, head: RequestHead) -> str:
        """Return ``http`` or ``https``: how a request came to the first of the trusted proxies."""
        if self.trusted and head.forwarding is not None:
            said = head.forwarding.get(b"x-forwarded-proto", b"").lower()
            if said in (b"http", b"https"):
                return said.decode("ascii")
        return self.scheme

    def x_forwarded_lines(self, head: RequestHead) -> bytes:
        """Return the lines of X-Forwarded-* for a request, with X-Forwarded-Host."""
        host = head.host_field
        received = head.forwarding
        if self.trusted and received is not None:
            lines = self._x_forwarded(received)
            host = received.get(b"x-forwarded-host") or host
        else:
            lines = self.x_forwarded
        return lines if host is None else b"%b\nX-Forwarded-Host: %b\r" % (lines, host)

    def _x_forwarded(self, received: Mapping[bytes, bytes]) -> bytes:
        """Return the lines of all X-Forwarded-* but -Host, the received ones continued."""
        lines = []
        chain = received.get(b"x-forwarded-for")
        addresses = b", ".join(filter(None, (chain, self.address.encode("ascii"))))
        if addresses:
            lines.append(field_line(b"X-Forwarded-For", addresses))
        scheme = received.get(b"x-forwarded-proto") or self.scheme.encode("ascii")
        lines.append(field_line(b"X-Forwarded-Proto", scheme))
        port = received.get(b"x-forwarded-port") or (b"%d" % self.port if self.port else b"")
        if port:
            lines.append(field_line(b"X-Forwarded-Port", port))
        written = {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-port"}
        for name, value in received.items():
            other = name.startswith(b"x-forwarded-") and name != b"x-forwarded-host"
            if value and name not in written and (other or name == b"x-real-ip"):
                lines.append(field_line(name, value))
        return b"".join(lines)

    def continues_forwarded(self, head: RequestHead) -> bool:
        """Return whether a request has Forwarded of a client that is believed."""
        return self.trusted and head.forwarding is not None and b"forwarded" in head.forwarding

    def forwarded_line(self, head: RequestHead) -> bytes:
        """Return the line of Forwarded (RFC 7239) for a request."""
        element = b"for=%b;proto=%b" % (self.node, self.scheme.encode("ascii"))
        if head.host_field is not None:
            element += b';host="%b"' % head.host_field
        if self.trusted and head.forwarding is not None:
            chain = head.forwarding.get(b"forwarded")
            element = b"%b, %b" % (chain, element) if chain else element
        return field_line(b"Forwarded", element)


def accepted_request_id(head: RequestHead, client: ClientSide) -> bytes | None:
    """Return the request id that a trusted client sent; None when a new one has to be made."""
    if not client.trusted or head.forwarding is None:
        return None
    sent = head.forwarding.get(b"x-request-id", b"")
    return sent if is_request_id(sent) else None
