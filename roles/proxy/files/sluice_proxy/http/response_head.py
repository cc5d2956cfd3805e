# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The head of a response, whichever version of HTTP carried it."""

from __future__ import annotations

from dataclasses import dataclass

from .fields.block import field_values


@dataclass(slots=True)
class ResponseHead:
    """A response that passed the gate. To be read only; it is not frozen because it is hot."""

    status: int
    reason: bytes
    version: bytes
    """``1.0``, ``1.1`` or ``2``: the protocol that the upstream speaks."""
    keep_alive: bool
    """Whether the upstream connection can carry another request after this response."""
    fields: bytes
    """The fields to copy, canonical: without hop-by-hop fields, framing, Via and Trailer."""
    declared_length: int | None = None
    """The value of Content-Length to send on; None for none.

    Of a response to HEAD and of a 304 it says what another response would hold.
    """
    content_length: int | None = None
    """How many bytes of content follow, 0 for none; None when the framing tells the end."""
    chunked: bool = False
    """The content's length is unknown: it is chunked, or ends with an HTTP/2 stream."""
    until_close: bool = False
    """The content ends when the upstream closes the connection."""
    upgrade: bytes | None = None
    """The protocol that a 101 switches to."""
    via: bytes | None = None
    trailer: bytes | None = None

    @property
    def interim(self) -> bool:
        """Whether another response follows this one (RFC 9110 section 15.2)."""
        return self.status < 200 and self.status != 101

    @property
    def has_content(self) -> bool:
        """Whether content follows the head; not even an empty one does after HEAD, 204 or 304."""
        return self.content_length != 0

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of an end-to-end field, in any case; one for each of its lines."""
        return field_values(self.fields, name)
