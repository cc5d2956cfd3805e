# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The answers that the proxy gives itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from sluice_proxy.routes.model.actions import Page

GATEWAY_STATUSES = (
    400, 403, 404, 408, 411, 413, 414, 417, 421, 429, 431, 500, 501, 502, 503, 504, 505,
)  # fmt: skip
"""The statuses that the proxy answers with, other than those of a route's own."""


def plain_page(status: int) -> Page:
    """Return the page of ``status`` as long as no other one is set: its reason phrase."""
    return Page(f"{HTTPStatus(status).phrase}\n".encode(), "text/plain; charset=utf-8", status)


@dataclass(frozen=True, slots=True)
class Pages:
    """``no_route``: no route is for the request, or the one that is has no targets.

    ``no_healthy``: its route has targets, but none that may be used. ``errors`` has a page for
    each of GATEWAY_STATUSES.
    """

    no_route: Page = field(default_factory=lambda: plain_page(404))
    no_healthy: Page = field(default_factory=lambda: plain_page(503))
    errors: dict[int, Page] = field(
        default_factory=lambda: {status: plain_page(status) for status in GATEWAY_STATUSES}
    )
