# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A route in the words of nanopack/portal."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sluice_proxy.config.sections.pages import PageSection
from sluice_proxy.config.sections.section import (
    ONE_OR_MANY,
    Count,
    FieldValue,
    HostFieldOrEmpty,
    Section,
    Text,
    Whole,
)
from sluice_proxy.config.sections.targets import TargetSection
from sluice_proxy.routes.model.path_pattern import sent_path
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.portal import expected_field, portal_hosts, portal_path, portal_route


def _page(value: object) -> object:
    # Portal has an empty page for none.
    return value or None


class PortalSection(Section):
    """Portal's fields, with its meanings and defaults."""

    subdomain: Text = Field(default="", description="Labels before the domain; empty for any.")
    domain: Text = Field(default="", description="The domain; empty for any.")
    path: Text = Field(
        default="", description="The path; with `/` or `*` at its end, what begins so."
    )
    targets: Annotated[list[TargetSection], *ONE_OR_MANY] = Field(
        default=[], description="URIs of targets."
    )
    fwdpath: Text = Field(default="", description="Path towards targets instead of `path`.")
    page: Annotated[PageSection | None, BeforeValidator(_page)] = Field(
        default=None, description="A fixed answer; it beats targets."
    )
    endpoint: Text = Field(
        default="", pattern=r"^[!-~]*$", description="Path of health checks; empty for none."
    )
    expected_code: Whole = Field(default=200, ge=100, le=599, description="Status of a good check.")
    expected_body: Text = Field(default="", description="A text that its content has.")
    expected_header: FieldValue = Field(default="", description="A field it has, as `Field:value`.")
    host: HostFieldOrEmpty = Field(
        default="", description="Host of checks; empty for the target's."
    )
    timeout: Count = Field(default=3000, description="Milliseconds of one attempt.")
    attempts: Count = Field(default=3, le=100, description="Attempts before a check has failed.")

    @field_validator("subdomain")
    @classmethod
    def _subdomain(cls, value: str) -> str:
        portal_hosts(value, "")
        return value

    @field_validator("domain")
    @classmethod
    def _domain(cls, value: str) -> str:
        portal_hosts("", value)
        return value

    @field_validator("path")
    @classmethod
    def _path(cls, value: str) -> str:
        portal_path(value)
        return value

    @field_validator("fwdpath")
    @classmethod
    def _fwdpath(cls, value: str) -> str:
        return sent_path(value)

    @model_validator(mode="after")
    def _header(self) -> PortalSection:
        if self.expected_header:
            expected_field(self.expected_header)
        return self

    def route(self, name: str | None) -> Route:
        """Return what this stands for."""
        values = dict(self)
        values["targets"] = tuple(target.target() for target in self.targets)
        values["page"] = None if self.page is None else self.page.page(200)
        return portal_route(name=name or "", **values)
