# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What carries a request and takes its response: the seam where versions of HTTP differ.

An exchange knows nothing of its client but this. Content goes through it in the framing of
HTTP/1.1 that the heads name, so that nothing is reframed where both sides speak it; a stream of
another version takes that framing off, and puts it on.
"""

from __future__ import annotations

from typing import Protocol

from ..http.forwarding import ClientSide, ResponsePolicy
from ..http.response_head import ResponseHead
from ..proxy_protocol import ProxyHeader
from ..routes.model.policies import TlsPolicy


class ClientConnection(Protocol):
    """A connection of a client, whatever it speaks: what the worker does with all of them."""

    def drain(self, deadline: float) -> None:
        """Close by ``deadline``, or with the end of what is being answered."""

    def abort(self) -> None:
        """Close at once."""


class ClientStream(Protocol):
    """One request's way back.

    The stream calls `Exchange.begin`, then ``content`` until that has ended; ``client_lost`` when
    the client is gone, ``client_full`` and ``client_drained`` as its buffers are.
    """

    side: ClientSide
    tls_policy: TlsPolicy | None
    """What the connection was set up under; None without TLS."""

    @property
    def addresses(self) -> ProxyHeader:
        """The two ends of the client's connection, or what a PROXY header said of them."""

    @property
    def content_bytes(self) -> int:
        """Bytes of the request's content so far, without framing; 0 where its head says."""

    def interim(self, head: ResponseHead) -> None:
        """Send a 1xx."""

    def respond(
        self, head: ResponseHead, policy: ResponsePolicy, content: bytes, ended: bool
    ) -> int:
        """Send the final head and the first of the content; return how many bytes that took."""

    def relay(self, content: bytes, ended: bool) -> int:
        """Send more content, maybe the last; return how many bytes that took."""

    def answer(self, status: int, body: bytes, fields: list[tuple[bytes, bytes]]) -> int:
        """Send a response of the proxy's own; return how many bytes that took."""

    def switch(self, head: ResponseHead, policy: ResponsePolicy) -> int:
        """Send a 101: from here on bytes go both ways."""

    def end_sending(self) -> None:
        """No more comes through the tunnel."""

    def cut(self) -> None:
        """End a response that cannot be completed so that the client can tell."""

    def hold_content(self) -> None:
        """Read no more of the request's content for now."""

    def resume_content(self) -> None:
        """Read on."""

    def exchange_over(self, now: float) -> None:
        """The exchange is over, and was logged; the next request may come."""
