# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ``targets`` of a route."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from sluice_proxy.config.places import target_place
from sluice_proxy.config.sections.section import File, Section, Text, Truth, Whole
from sluice_proxy.routes.model.host_pattern import host_name
from sluice_proxy.routes.model.path_pattern import sent_path
from sluice_proxy.routes.model.target import (
    ProxyVersion,
    Scheme,
    Target,
    TargetState,
    TargetTls,
)


def _place(value: Any) -> Target:
    if not isinstance(value, str):
        raise ValueError("write an URI here, like http://10.0.0.1:8080")
    return target_place(value)


class TargetTlsSection(Section):
    """How an https target is spoken to."""

    verify: Truth = Field(default=True, description="Check the target's certificate.")
    ca: File | None = Field(
        default=None, description="PEM file of its authorities; by default the machine's."
    )
    certificate: File | None = Field(
        default=None, description="PEM file of the certificate that the proxy shows."
    )
    key: File | None = Field(default=None, description="PEM file of that certificate's key.")
    server_name: Text | None = Field(
        default=None, description="Name that is asked for and checked; by default the host's."
    )

    @field_validator("server_name")
    @classmethod
    def _name(cls, value: str | None) -> str | None:
        return value if value is None else host_name(value)

    @model_validator(mode="after")
    def _pair(self) -> TargetTlsSection:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: set both or none")
        if not self.verify and self.ca is not None:
            raise ValueError("ca has no use while verify is false: leave one out")
        return self

    def tls(self) -> TargetTls:
        """Return what this stands for."""
        return TargetTls(self.verify, self.ca, self.certificate, self.key, self.server_name)


class TargetSection(Section):
    """One server."""

    short_forms = ("string",)

    url: Annotated[
        Target, BeforeValidator(_place), WithJsonSchema({"type": "string", "format": "URI"})
    ] = Field(
        description="`http://HOST:PORT`, `https://...`, `ws://`, `wss://`, or `unix:/PATH`. A path"
        " and a query in it stand before those of requests.",
    )
    path: Text = Field(default="", description="The path, for a unix socket.")
    weight: Whole = Field(
        default=1, ge=0, le=65_535, description="Its share; 0 for no new clients."
    )
    state: TargetState = Field(
        default=TargetState.ACTIVE, description="`active`, or `draining` for no more requests."
    )
    tls: TargetTlsSection | None = Field(default=None, description="For https targets.")
    proxy_protocol: ProxyVersion | None = Field(
        default=None,
        description="`v1` or `v2`: begin connections with a PROXY header that names the client;"
        " each then serves one request.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @field_validator("path")
    @classmethod
    def _canonical(cls, value: str) -> str:
        return sent_path(value)

    @model_validator(mode="after")
    def _fits(self) -> TargetSection:
        if self.path and self.url.socket is None:
            raise ValueError("path is for unix sockets: write it into the url")
        if self.tls is not None and self.url.scheme is not Scheme.HTTPS:
            raise ValueError("tls is for https targets: change the url or leave tls out")
        return self

    def target(self) -> Target:
        """Return what this stands for."""
        plain = self.weight == 1 and self.state is TargetState.ACTIVE
        if plain and self.tls is None and not self.path and self.proxy_protocol is None:
            return self.url
        return replace(
            self.url,
            path=self.path or self.url.path,
            weight=self.weight,
            state=self.state,
            tls=TargetTls() if self.tls is None else self.tls.tls(),
            proxy_protocol=self.proxy_protocol,
        )
