# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file as a whole."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sluice_proxy.config.sections.admin import AdminSection
from sluice_proxy.config.sections.fleet import FleetSection
from sluice_proxy.config.sections.issuing import IssuingSection
from sluice_proxy.config.sections.limits import LimitsSection, TimeoutsSection, UpstreamSection
from sluice_proxy.config.sections.listen import ListenSection
from sluice_proxy.config.sections.observing import LogSection, MetricsSection
from sluice_proxy.config.sections.pages import PagesSection
from sluice_proxy.config.sections.routes import RouteSection
from sluice_proxy.config.sections.section import ONE_OR_MANY, Nets, OptionalCount, Section
from sluice_proxy.config.sections.tls import CertificateSection, TlsSection


def _auto(value: Any) -> Any:
    return None if value == "auto" else value


def _whole_path(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str) and value.startswith("/") and not value.endswith("/"):
        return value
    raise ValueError("write the file's whole path, like /var/lib/sluice-proxy/store/edge.db")


StorePath = Annotated[
    str | None,
    BeforeValidator(_whole_path),
    WithJsonSchema({"type": "string", "format": "file"}),
]


class RootSection(Section):
    """The sections. A key that begins with ``x-`` is not read: a place for what anchors name."""

    listen: Annotated[list[ListenSection], *ONE_OR_MANY] = Field(
        default=[],
        description="Where clients reach the proxy, one at least; each an address, or a mapping.",
    )
    workers: Annotated[
        OptionalCount,
        BeforeValidator(_auto),
        WithJsonSchema({"type": ["integer", "string"], "format": "number", "examples": ["auto"]}),
    ] = Field(
        default=None,
        le=1024,
        description="Processes that serve clients; `auto`, as by default: one a processor.",
    )
    limits: LimitsSection = Field(default=LimitsSection(), description="What a client may take.")
    timeouts: TimeoutsSection = Field(
        default=TimeoutsSection(), description="How long a client may take."
    )
    upstream: UpstreamSection = Field(
        default=UpstreamSection(), description="Connections to targets."
    )
    trusted: Nets = Field(
        default=[],
        description="Networks of clients whose forwarding fields and request ids are believed.",
    )
    log: LogSection = Field(default=LogSection(), description="The logs.")
    metrics: MetricsSection | None = Field(
        default=None, description="Numbers for Prometheus: an address, or a mapping."
    )
    certificates: list[CertificateSection] = Field(
        default=[], description="Certificates and their keys."
    )
    tls: TlsSection = Field(default=TlsSection(), description="What TLS has to be.")
    issuing: IssuingSection = Field(
        default=IssuingSection(),
        description="Certificates that the proxy gets by itself: the provider, or a mapping.",
    )
    fleet: FleetSection = Field(
        default=FleetSection(),
        description="What this node shares with others that serve the same names.",
    )
    pages: PagesSection = Field(
        default=PagesSection(), description="Answers that the proxy gives itself."
    )
    store: StorePath = Field(
        default=None,
        description="SQLite file, by its whole path, that keeps what is declared by the admin API;"
        " without one that is lost at the end.",
    )
    admin: AdminSection | None = Field(
        default=None, description="The API for operators and programs: an address, or a mapping."
    )
    routes: list[RouteSection] = Field(default=[], description="Which requests go where.")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_sections(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {
            key: section
            for key, section in value.items()
            if section is not None and not key.startswith("x-")
        }
