# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing.on_demand``: certificates that are ordered when a client first asks for a name."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator, model_validator

from sluice_proxy.config.sections.section import Count, Duration, HostsWithAnEnd, Section, Text
from sluice_proxy.snapshot.issuing import OnDemand

_USUAL = OnDemand()
_URL = re.compile(r"https?://[^\s/?#@]+(?:[/?][!-\"$-~]*)?\Z")


class OnDemandSection(Section):
    """Certificates that are ordered when a client first asks for a name."""

    short_forms = ("boolean",)

    names: HostsWithAnEnd = Field(
        default=[],
        description="Names that get one besides those of routes: `NAME`, `*.NAME` or `.NAME`.",
    )
    ask: Text | None = Field(
        default=None,
        description="URL that is asked about other names, with `?domain=NAME` added: a name for"
        " which it answers 2xx gets one.",
    )
    ask_timeout: Duration = Field(
        default=_USUAL.ask_timeout, description="How long the answer may take."
    )
    wait: Duration = Field(
        default=_USUAL.wait, description="How long a client waits for its certificate."
    )
    most: Count = Field(
        default=_USUAL.most, description="Names that have certificates on demand, at most."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {} if value is True else value

    @field_validator("ask")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and not _URL.match(value):
            raise ValueError("write a URL without a user, like http://127.0.0.1:9000/may-have")
        return value

    def on_demand(self) -> OnDemand:
        """Return what this stands for."""
        return OnDemand(tuple(self.names), self.ask, self.ask_timeout, self.wait, self.most)
