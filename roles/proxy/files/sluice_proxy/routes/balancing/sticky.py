# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The cookie that binds a client to a target (RFC 6265).

Its value is a keyed hash of the target's name: it tells a client nothing, and one that was not
given out binds to nothing. The same secret in a fleet gives the same values on every node.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256

from sluice_proxy.routes.balancing.seat import Seat
from sluice_proxy.routes.model.policies import StickyCookie

_CHARACTERS = 32


class Binding:
    """Cookies of the targets of one route."""

    __slots__ = ("_attributes", "_seats", "_values", "name")

    def __init__(self, cookie: StickyCookie, seats: Iterable[Seat]) -> None:
        self.name = cookie.name
        self._attributes = _attributes(cookie)
        self._values = {seat.index: _value(cookie.secret, seat.target.name) for seat in seats}
        self._seats = {self._values[seat.index]: seat for seat in seats}

    def bound(self, cookie_field: str | None) -> Seat | None:
        """Return the seat that the request's Cookie field names, whatever its state, or None."""
        value = cookie_value(cookie_field, self.name) if cookie_field else None
        return None if value is None else self._seats.get(value)

    def set_cookie(self, seat: Seat) -> str:
        """Return the value of the Set-Cookie field that binds a client to ``seat``."""
        return f"{self.name}={self._values[seat.index]}{self._attributes}"


def cookie_value(cookie_field: str, name: str) -> str | None:
    """Return the value of the first cookie called ``name`` (RFC 6265, section 5.4), or None."""
    for pair in cookie_field.split(";"):
        key, equals, value = pair.strip().partition("=")
        if equals and key == name:
            return value.strip('"')
    return None


def _value(secret: bytes, target: str) -> str:
    return hmac.new(secret, target.encode(), sha256).hexdigest()[:_CHARACTERS]


def _attributes(cookie: StickyCookie) -> str:
    parts = [f"; Path={cookie.path}"]
    if cookie.domain is not None:
        parts.append(f"; Domain={cookie.domain}")
    if cookie.max_age is not None:
        parts.append(f"; Max-Age={cookie.max_age}")
    parts.append(f"; HttpOnly; SameSite={cookie.same_site}")
    if cookie.secure:
        parts.append("; Secure")
    return "".join(parts)
