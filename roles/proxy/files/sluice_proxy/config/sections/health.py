# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``health`` of a route's targets."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from sluice_proxy.config.sections.section import (
    Count,
    Duration,
    FieldValue,
    HostField,
    Section,
    Text,
    Whole,
)
from sluice_proxy.routes.model.health import ActiveCheck, HealthChecks, PassiveCheck
from sluice_proxy.routes.portal import expected_field


class ActiveSection(Section):
    """Requests that ask a target how it is."""

    endpoint: Text = Field(pattern=r"^/[!-~]*$", description="Path, and query, that is asked for.")
    expected_code: Whole = Field(
        default=200, ge=100, le=599, description="Status of a good answer."
    )
    expected_body: Text = Field(default="", description="A text that its content has.")
    expected_header: FieldValue = Field(
        default="", description="A field that it has, as `Field:value`."
    )
    host: HostField | None = Field(
        default=None, description="Host of the request; by default the target's."
    )
    timeout: Duration = Field(default=3.0, description="For one attempt.")
    attempts: Count = Field(default=3, le=100, description="Attempts before a check has failed.")
    interval: Duration = Field(default=20.0, description="From one check to the next.")
    rise: Count = Field(default=1, le=1000, description="Good checks that bring a target back.")
    fall: Count = Field(default=1, le=1000, description="Failed checks that take it out.")

    @field_validator("expected_header")
    @classmethod
    def _pair(cls, value: str) -> str:
        if value:
            expected_field(value)
        return value

    def check(self) -> ActiveCheck:
        """Return what this stands for."""
        values = dict(self)
        header = values.pop("expected_header")
        return ActiveCheck(expected_field=expected_field(header) if header else None, **values)


class PassiveSection(Section):
    """Real requests that fail."""

    short_forms = ("boolean",)

    errors: Count = Field(default=5, le=10_000, description="Failures that take a target out.")
    window: Duration = Field(default=10.0, description="The time in which they happen.")
    cooldown: Duration = Field(default=10.0, description="How long it stays out.")

    def check(self) -> PassiveCheck:
        """Return what this stands for."""
        return PassiveCheck(self.errors, self.window, self.cooldown)


class HealthSection(Section):
    """The checks of a route's targets."""

    short_forms = ("string", "boolean")

    active: ActiveSection | None = Field(default=None, description="Ask targets how they are.")
    passive: PassiveSection | None = Field(
        default=None, description="Watch how real requests go; `true` for the defaults."
    )

    @field_validator("passive", mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return {} if value else None
        return value

    @model_validator(mode="before")
    @classmethod
    def _endpoint(cls, value: Any) -> Any:
        return {"active": {"endpoint": value}} if isinstance(value, str) else value

    def checks(self) -> HealthChecks:
        """Return what this stands for."""
        active, passive = self.active, self.passive
        return HealthChecks(
            None if active is None else active.check(), None if passive is None else passive.check()
        )
