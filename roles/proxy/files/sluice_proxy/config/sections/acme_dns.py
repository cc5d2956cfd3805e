# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing.acme.dns``: who answers dns-01 challenges."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from sluice_proxy.config.sections.section import Count, Duration, NamedFile, Section
from sluice_proxy.routes.model.host_pattern import host_name, whole_host_name
from sluice_proxy.snapshot.issuing import DnsHook, DnsUpdate

_USUAL = DnsUpdate(server="")


def _dns_name(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write a name of the DNS here, like example.com")
    return host_name(value)


def _server(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write a host or an address here, like 192.0.2.53")
    try:
        return str(ip_address(value))
    except ValueError:
        pass
    if ":" in value:
        raise ValueError(f"{value!r} is no host: write 192.0.2.53 or ns1.example.com, and port")
    return whole_host_name(value)


DnsName = Annotated[str, BeforeValidator(_dns_name)]


class DnsUpdateSection(Section):
    """A DNS server that takes updates (RFC 2136)."""

    server: Annotated[str, BeforeValidator(_server)] = Field(
        description="Host or address of the zone's primary server."
    )
    port: Count = Field(default=_USUAL.port, le=65_535, description="Its port.")
    key_name: DnsName | None = Field(
        default=None, description="Name of the key that updates are signed with (RFC 8945)."
    )
    key_file: NamedFile | None = Field(
        default=None,
        description="File with the key in base64. It is read for each update.",
    )
    algorithm: Literal["hmac-sha256", "hmac-sha384", "hmac-sha512"] = Field(
        default="hmac-sha256",
        description="The key's algorithm: `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.",
    )
    zone: DnsName | None = Field(
        default=None, description="Zone that is changed; by default the server is asked for it."
    )
    ttl: Duration = Field(
        default=float(_USUAL.ttl), le=86_400, description="How long resolvers keep the record."
    )

    @field_validator("ttl")
    @classmethod
    def _whole_seconds(cls, value: float) -> float:
        if value != int(value):
            raise ValueError("ttl counts in whole seconds: write 1s or more")
        return value

    @model_validator(mode="after")
    def _whole_key(self) -> DnsUpdateSection:
        if (self.key_name is None) != (self.key_file is None):
            raise ValueError("key_name and key_file go together: set both, or neither")
        return self

    def update(self) -> DnsUpdate:
        """Return what this stands for."""
        return DnsUpdate(
            server=self.server,
            port=self.port,
            key_name=self.key_name or "",
            key_file=self.key_file or "",
            algorithm=self.algorithm,
            zone=self.zone or "",
            ttl=int(self.ttl),
        )


class DnsHookSection(Section):
    """A program that has records set and removed."""

    short_forms = ("string",)

    program: NamedFile = Field(description="File that is called `PROGRAM set|unset NAME VALUE`.")
    timeout: Duration = Field(
        default=DnsHook(program="").timeout, description="After this time it is killed."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"program": value} if isinstance(value, str) else value

    def hook(self) -> DnsHook:
        """Return what this stands for."""
        return DnsHook(self.program, self.timeout)


class DnsSection(Section):
    """Who answers dns-01 challenges: one of the two."""

    update: DnsUpdateSection | None = Field(
        default=None, description="A DNS server that takes updates."
    )
    hook: DnsHookSection | None = Field(
        default=None, description="A program: its path, or a mapping."
    )

    @model_validator(mode="after")
    def _one(self) -> DnsSection:
        if (self.update is None) == (self.hook is None):
            raise ValueError("set update or hook, one of them: it answers dns-01 challenges")
        return self

    def dns(self) -> DnsUpdate | DnsHook | None:
        """Return what this stands for."""
        if self.update is not None:
            return self.update.update()
        return None if self.hook is None else self.hook.hook()
