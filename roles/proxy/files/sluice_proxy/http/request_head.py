# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The head of a request, whichever version of HTTP carried it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .fields.block import field_values


@dataclass(slots=True)
class RequestHead:
    """A request that passed the gate. To be read only; it is not frozen because it is hot."""

    method: bytes
    target: bytes
    """The request-target as received, for logs."""
    origin_form: bytes
    """The target to send on: a path without dot segments, and the query; or ``*``."""
    path: bytes
    """The path of ``origin_form``, still percent-encoded; ``*`` for the server as a whole."""
    query: bytes | None
    """The query without its question mark; None without one."""
    match_path: str
    """The decoded path to match routes with: see `sluice_proxy.http.path`."""
    version: bytes
    """``1.0``, ``1.1`` or ``2``: the protocol that the client speaks."""
    keep_alive: bool
    """Whether the client's connection can carry another request after this one."""
    fields: bytes
    """The fields to copy, canonical: see `sluice_proxy.http.fields.block`.

    Without Host, hop-by-hop fields, framing, and what ``forwarding`` holds.
    """
    authority: str = ""
    """The host asked for, lower case, without port and trailing dot; empty when none was named."""
    port: int | None = None
    """The port asked for; None for the scheme's default."""
    host_field: bytes | None = None
    """The value of Host to send on when the route keeps it; None when none was named."""
    scheme: bytes | None = None
    """What an absolute target or ``:scheme`` claimed, lower case; None when nothing did."""
    content_length: int | None = None
    """The declared length of the content in bytes; None when none was declared."""
    chunked: bool = False
    """The content's length is unknown: it is chunked, or ends with an HTTP/2 stream."""
    expect_continue: bool = False
    upgrade: bytes | None = None
    """``websocket`` when the client asks to switch to it, otherwise None.

    What follows such a head must not be sent on, or read as requests, before the upstream has
    answered: after a 101 it belongs to the tunnel, after anything else it is the next request.
    """
    te_trailers: bool = False
    """Whether the client accepts trailer fields."""
    max_forwards: int | None = None
    """Of OPTIONS only. At 0 this proxy has to answer itself (RFC 9110 section 7.6.2); otherwise
    the upstream is sent one less."""
    forwarding: Mapping[bytes, bytes] | None = None
    """Via, Forwarded, X-Forwarded-*, X-Real-IP and X-Request-Id as received, by lower-case name.

    None without any. What they say can be believed only of a trusted client.
    """

    @property
    def has_content(self) -> bool:
        """Whether content follows the head."""
        return self.chunked or bool(self.content_length)

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of an end-to-end field, in any case; one for each of its lines."""
        return field_values(self.fields, name)
