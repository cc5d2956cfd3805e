# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``pages``, and the ``page`` of a route: answers that the proxy gives itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from sluice_proxy.config.sections.section import MediaType, Section, Whole, files
from sluice_proxy.routes.model.actions import Page
from sluice_proxy.snapshot.pages import GATEWAY_STATUSES, Pages, plain_page

NO_ROUTE, NO_HEALTHY = "no_route", "no_healthy"
PAGE_IDS = (NO_ROUTE, NO_HEALTHY, *map(str, GATEWAY_STATUSES))
"""What pages are called: these two, and the statuses of errors."""
_MAX_CONTENT = 1024 * 1024


def _content(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write the page's text here")
    return value


class PageSection(Section):
    """A fixed answer: its text, or a file that has it."""

    short_forms = ("string",)

    content: Annotated[str, BeforeValidator(_content)] | None = Field(
        default=None, max_length=_MAX_CONTENT, description="The text."
    )
    file: Annotated[bytes, WithJsonSchema({"type": "string", "format": "file"})] | None = Field(
        default=None,
        description="A file with the content, read when the configuration is.",
    )
    content_type: MediaType | None = Field(
        default=None, description="Its type; by default HTML or plain text, as it looks."
    )
    status: Whole | None = Field(
        default=None, ge=200, le=599, description="Status of the answer; 200 for a route's page."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"content": value} if isinstance(value, str) else value

    @field_validator("file", mode="before")
    @classmethod
    def _read(cls, value: Any, info: ValidationInfo) -> bytes:
        if not isinstance(value, str):
            raise ValueError("write the name of a file here")
        return files(info).read(value)

    @model_validator(mode="after")
    def _one_source(self) -> PageSection:
        if (self.content is None) == (self.file is None):
            raise ValueError("write either content or file, and only one of them")
        if self.status in (204, 205, 304):
            raise ValueError(f"status {self.status} has no content")
        return self

    def page(self, status: int) -> Page:
        """Return what this stands for; ``status`` where it has none."""
        content = self.file if self.file is not None else _encoded(self.content or "")
        return Page(content, self.content_type or _sniffed(content), self.status or status)


@lru_cache(maxsize=16)
def _encoded(content: str) -> bytes:
    """Return the bytes of a text: the same ones for all the routes that have it by an alias."""
    return content.encode()


def _sniffed(content: bytes) -> str:
    if b"\0" in content[:512]:
        return "application/octet-stream"
    kind = "html" if content.lstrip()[:1] == b"<" else "plain"
    return f"text/{kind}; charset=utf-8"


class PagesSection(Section):
    """The answers without a route, without a healthy target, and for each error."""

    no_route: PageSection | None = Field(
        default=None, description="No route is for the request, or it has no targets; 404."
    )
    no_healthy: PageSection | None = Field(
        default=None, description="The route has targets, but none that may be used; 503."
    )
    errors: dict[str, PageSection] = Field(
        default={}, description="Other errors, by the status that they answer: `502: ...`."
    )

    @field_validator("errors", mode="before")
    @classmethod
    def _statuses(cls, value: Any) -> Any:
        if isinstance(value, dict):
            for status in value:
                if status not in map(str, GATEWAY_STATUSES):
                    known = ", ".join(map(str, GATEWAY_STATUSES))
                    raise ValueError(f"{status} is none of the proxy's own: use {known}")
        return value

    def own(self) -> dict[str, Page]:
        """Return the pages that are written here, by their ids."""
        own = {status: page.page(int(status)) for status, page in self.errors.items()}
        if self.no_route is not None:
            own[NO_ROUTE] = self.no_route.page(404)
        if self.no_healthy is not None:
            own[NO_HEALTHY] = self.no_healthy.page(503)
        return own

    def pages(self) -> Pages:
        """Return what this stands for."""
        return pages_of(self.own())


def pages_of(own: Mapping[str, Page]) -> Pages:
    """Return all pages, given those that are not the plain ones, by their ids."""
    errors = {status: own.get(str(status)) or plain_page(status) for status in GATEWAY_STATUSES}
    return Pages(
        no_route=own.get(NO_ROUTE, errors[404]),
        no_healthy=own.get(NO_HEALTHY, errors[503]),
        errors=errors,
    )
