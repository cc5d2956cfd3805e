# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is let in: everybody who can open the socket file, and over TCP who has a token."""

from __future__ import annotations

from aiohttp import web

from .caller import connected, name_caller
from .naming import is_own_name, is_same_origin
from .refusal import Refusal

_SAFE = ("GET", "HEAD")


class Admission:
    """Looks at every request before anything else does."""

    def admit(self, request: web.Request) -> None:
        """Refuse a request, or remember who asks."""
        other = connected(request)
        if other is None:
            raise Refusal(400, "the connection is gone")
        _check_browser(request)
        if other.address is not None:
            raise Refusal(401, "a token is needed", headers={"WWW-Authenticate": "Bearer"})
        name_caller("somebody" if other.user is None else f"user {other.user}")


def _check_browser(request: web.Request) -> None:
    """Keep pages of other sites from having a browser ask for them."""
    host = request.headers.get("Host", "")
    if not is_own_name(host):
        raise Refusal(421, f"this is not {host[:200]!r}: use localhost or an address")
    origin = request.headers.get("Origin")
    if origin is not None and not is_same_origin(origin, host):
        raise Refusal(403, "a page of another site asks for this")
