# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``tls`` and ``certificates``: how clients are spoken to in secret."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from sluice_proxy.config.sections.section import File, Hosts, Section, Text, Truth, files
from sluice_proxy.routes.model.host_pattern import HostKind
from sluice_proxy.routes.model.policies import ClientCertificate, TlsPolicy
from sluice_proxy.snapshot.tls import Certificate, HostPolicy, Pem, TlsSettings

_BEGIN = "-----BEGIN"
_LONGEST_PATH = 4096


class TlsPolicySection(Section):
    """What TLS has to be."""

    min_version: Annotated[
        Literal["1.2", "1.3"],
        BeforeValidator(str),
        # Without quotes it is a number to YAML.
        WithJsonSchema({"enum": ["1.2", "1.3", 1.2, 1.3]}),
    ] = Field(default="1.2", description="The oldest version that is spoken: 1.2 or 1.3.")
    client_certificate: ClientCertificate = Field(
        default=ClientCertificate.NONE,
        description="Whether clients show a certificate: `none`, `optional` or `required`.",
    )
    client_ca: File | None = Field(
        default=None, description="PEM file of the authorities that may have issued it."
    )

    @model_validator(mode="after")
    def _whole(self) -> TlsPolicySection:
        wanted = self.client_certificate is not ClientCertificate.NONE
        if wanted and self.client_ca is None:
            raise ValueError("client_certificate needs client_ca: name a PEM file of authorities")
        if self.client_ca is not None and not wanted:
            raise ValueError("client_ca has no use: set client_certificate: required or optional")
        return self

    def policy(self) -> TlsPolicy:
        """Return what this stands for."""
        return TlsPolicy(self.min_version, self.client_certificate, self.client_ca)


class RouteTlsSection(TlsPolicySection):
    """TLS for the hosts of a route."""

    short_forms = ("string",)

    certificate: Literal["auto"] | None = Field(
        default=None,
        description="`auto` to have a certificate made for the hosts, as `issuing` says;"
        " `tls: auto` is short for it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"certificate": value} if isinstance(value, str) else value

    def own_policy(self) -> TlsPolicy | None:
        """Return the policy of the route's hosts, None where it has none of its own."""
        return None if self.model_fields_set == {"certificate"} else self.policy()


class TlsHostSection(TlsPolicySection):
    """What TLS has to be for some hosts."""

    hosts: Hosts = Field(min_length=1, description="Host patterns that this is for.")


class TlsSection(TlsPolicySection):
    """What TLS has to be for all hosts, and for some."""

    strict_sni: Truth = Field(
        default=False,
        description="Refuse clients that ask for a name without certificate; else the first"
        " certificate is shown.",
    )
    hosts: list[TlsHostSection] = Field(
        default=[], description="Hosts with a policy of their own; a route may have one as well."
    )

    def settings(self, of_routes: tuple[HostPolicy, ...]) -> TlsSettings:
        """Return what this stands for, with the policies that routes have."""
        own = [HostPolicy(host, part.policy()) for part in self.hosts for host in part.hosts]
        return TlsSettings(self.policy(), self.strict_sni, (*own, *of_routes))


def names_of_certificate(value: Hosts) -> Hosts:
    """Return host patterns that a certificate can be for; raises ValueError."""
    for host in value:
        if host.kind not in (HostKind.NAME, HostKind.WILDCARD):
            raise ValueError(f"{host} is no name of a certificate: write a name or *.NAME")
    return value


class CertificateSection(Section):
    """A certificate and its key."""

    chain: Text = Field(
        description="PEM file of the certificate and its intermediates, the leaf first; or the"
        " PEM text itself."
    )
    key: Text = Field(description="PEM file of the private key, or the PEM text itself.")
    password: Text | None = Field(default=None, description="Password of an encrypted key.")
    password_file: File | None = Field(
        default=None, description="File with the password of an encrypted key."
    )
    hosts: Annotated[Hosts, AfterValidator(names_of_certificate)] = Field(
        default=[],
        description="Names that it is shown for, `*.example.com` for a wildcard; by default those"
        " that it has.",
    )

    @field_validator("chain", "key")
    @classmethod
    def _readable(cls, value: str, info: ValidationInfo) -> str:
        if _is_pem(value):
            return value
        if "\n" in value or len(value) > _LONGEST_PATH:
            # It may be a key: not to be repeated.
            raise ValueError(f"this is neither a file nor PEM text: that has a line {_BEGIN} ...")
        return files(info).resolved(value)

    @model_validator(mode="after")
    def _one_password(self) -> CertificateSection:
        if self.password is not None and self.password_file is not None:
            raise ValueError("password and password_file exclude each other: leave one out")
        return self

    def certificate(self) -> Certificate:
        """Return what this stands for."""
        return Certificate(
            chain=_pem(self.chain),
            key=_pem(self.key),
            password=None if self.password is None else self.password.encode(),
            password_file=self.password_file,
            hosts=tuple(str(host) for host in self.hosts),
        )


def _pem(text: str) -> Pem:
    return Pem(text=text.encode()) if _is_pem(text) else Pem(file=text)


def _is_pem(text: str) -> bool:
    return _BEGIN in text
