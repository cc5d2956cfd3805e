# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing.on_demand``: certificates that are there when a client first asks for a name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sluice_proxy.config import places
from sluice_proxy.config.sections.section import Count, Duration, Hosts, Section, with_an_end
from sluice_proxy.snapshot.issuing import OnDemand

_USUAL = OnDemand()


def _ask(value: Any) -> Any:
    if value is None:
        return None
    if not isinstance(value, str) or not places.is_url(value, "http", "https"):
        raise ValueError(
            "write an http or https URL without user and fragment, like http://127.0.0.1:9000/may"
        )
    return value


class OnDemandSection(Section):
    """Certificates for names that a client asks for, and that have none."""

    short_forms = ("boolean",)

    names: Annotated[Hosts, AfterValidator(with_an_end)] = Field(
        default=[],
        description="Names that get one besides those of routes: `NAME`, `*.NAME` or `.NAME`.",
    )
    ask: Annotated[
        str | None, BeforeValidator(_ask), WithJsonSchema({"type": "string", "format": "URL"})
    ] = Field(
        default=None,
        description="URL that is asked about other names, as `domain`; 2xx is a yes. It is never"
        " asked about a name that has a certificate.",
    )
    ask_timeout: Duration = Field(
        default=_USUAL.ask_timeout, le=60, description="How long its answer may take."
    )
    wait: Duration = Field(
        default=_USUAL.wait, le=600, description="How long a client waits for its certificate."
    )
    most: Count = Field(
        default=_USUAL.most, le=1_000_000, description="Names that have certificates by this."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {} if value is True else value

    def on_demand(self) -> OnDemand:
        """Return what this stands for."""
        return OnDemand(tuple(self.names), self.ask, self.ask_timeout, self.wait, self.most)
