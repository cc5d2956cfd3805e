# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses that a worker makes itself: pages, redirects, refusals."""

from __future__ import annotations

from dataclasses import dataclass

from ..routes.model.actions import Page
from ..snapshot.pages import Pages, plain_page

Fields = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """``reason`` is for the log: why it was not an upstream that answered; empty for no failure."""

    status: int
    body: bytes = b""
    fields: Fields = ()
    reason: str = ""


def page_answer(page: Page, status: int | None = None, reason: str = "") -> Answer:
    """Return a page as an answer, with its own status or another."""
    fields: Fields = ()
    if page.content:
        fields = ((b"Content-Type", page.content_type.encode("latin-1")),)
    return Answer(page.status if status is None else status, page.content, fields, reason)


def error_answer(pages: Pages, status: int, reason: str, *fields: tuple[bytes, bytes]) -> Answer:
    """Return the page of a failure."""
    answer = page_answer(pages.errors.get(status) or plain_page(status), status, reason)
    return Answer(status, answer.body, answer.fields + fields, reason)


def redirect_answer(status: int, location: bytes) -> Answer:
    """Return a redirect."""
    return Answer(status, b"", ((b"Location", location),))


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """Return the field that says when to come again (RFC 9110, section 10.2.3)."""
    return b"Retry-After", b"%d" % max(1, -int(-seconds // 1))
