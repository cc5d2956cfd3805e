# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing.acme``: how certificates are ordered of authorities (RFC 8555)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from sluice_proxy.config.places import port_number
from sluice_proxy.config.sections.section import (
    ONE_OR_MANY,
    Count,
    Duration,
    DurationOrZero,
    Section,
    Text,
    Truth,
    WholePath,
)
from sluice_proxy.snapshot.issuing import (
    Acme,
    CertificateAuthority,
    ChallengeType,
    DnsHook,
    DnsUpdate,
    ExternalAccount,
    KeyType,
)

_USUAL = Acme(())
_USUAL_AUTHORITY = CertificateAuthority("", "")
_USUAL_UPDATE = DnsUpdate("")
_USUAL_HOOK = DnsHook("")
_MOST_AUTHORITIES = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_ADDRESS = re.compile(r"[^\s@:]+@[^\s@:]+\Z")
_URI = re.compile(r"(?:mailto|https?|tel):[!-~]+\Z")
_DIRECTORY = re.compile(r"https://[^\s/?#@]+(?:/[!-~]*)?\Z")


def _contact(value: str) -> str:
    if _ADDRESS.match(value):
        return f"mailto:{value}"
    if not _URI.match(value):
        raise ValueError(f"{value!r} is no contact: write it like mailto:ops@example.com")
    return value


Contact = Annotated[Text, AfterValidator(_contact)]


class ExternalAccountSection(Section):
    """An account that the authority knows already (external account binding)."""

    key_id: Text = Field(min_length=1, description="Its id, as the authority gave it.")
    key_file: WholePath = Field(
        description="File with the MAC key in base64url, by its whole path; for root alone to read."
    )


class AuthoritySection(Section):
    """An ACME server."""

    name: Text = Field(
        description="What it is called here: letters, digits, `.`, `_` and `-`, 64 at most."
    )
    directory: Text = Field(description="URL of its directory, with `https://`.")
    contact: Annotated[list[Contact], *ONE_OR_MANY] = Field(
        default=[], description="Whom it may write to: mail addresses."
    )
    terms_agreed: Truth = Field(
        default=_USUAL_AUTHORITY.terms_agreed,
        description="Whether you agree to its terms of service; most give no account otherwise.",
    )
    external_account: ExternalAccountSection | None = Field(
        default=None, description="An account that it knows already."
    )
    profile: Text = Field(
        default=_USUAL_AUTHORITY.profile,
        description="Profile of certificates that name none; by default the authority's own.",
    )
    preferred_chain: Text = Field(
        default=_USUAL_AUTHORITY.preferred_chain,
        description="Common name of the issuer that the chain is to end with, where there are"
        " several.",
    )
    trust_file: WholePath | None = Field(
        default=None,
        description="PEM file with the CA of its own TLS; by default those that the system trusts.",
    )
    staging: Truth = Field(
        default=_USUAL_AUTHORITY.staging,
        description="It issues for trials alone: what failed at another one is tried here first.",
    )
    most_orders: Count = Field(
        default=_USUAL_AUTHORITY.most_orders,
        description="Orders that are made within `order_window` at most.",
    )
    order_window: Duration = Field(
        default=_USUAL_AUTHORITY.order_window, description="See `most_orders`."
    )

    @field_validator("name")
    @classmethod
    def _word(cls, value: str) -> str:
        if not _NAME.match(value):
            raise ValueError(f"{value[:80]!r} is no name: use letters, digits, ., _ and -")
        return value

    @field_validator("directory")
    @classmethod
    def _url(cls, value: str) -> str:
        if not _DIRECTORY.match(value):
            raise ValueError(
                "write the URL of the directory, like https://ca.example.com/directory"
            )
        return value

    def authority(self) -> CertificateAuthority:
        """Return what this stands for."""
        account = self.external_account
        return CertificateAuthority(
            name=self.name,
            directory=self.directory,
            contact=tuple(self.contact),
            terms_agreed=self.terms_agreed,
            external_account=(
                None if account is None else ExternalAccount(account.key_id, account.key_file)
            ),
            profile=self.profile,
            preferred_chain=self.preferred_chain,
            trust_file=self.trust_file,
            staging=self.staging,
            most_orders=self.most_orders,
            order_window=self.order_window,
        )


class DnsUpdateSection(Section):
    """A DNS server that takes updates (RFC 2136)."""

    server: Text = Field(min_length=1, description="Its name or address.")
    port: Annotated[int, BeforeValidator(lambda value: port_number(str(value)))] = Field(
        default=_USUAL_UPDATE.port, description="Its port."
    )
    key_name: Text = Field(
        default=_USUAL_UPDATE.key_name, description="Name of the key that updates are signed with."
    )
    key_file: WholePath | None = Field(
        default=None, description="File with that key in base64; for root alone to read."
    )
    algorithm: Literal["hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"] = Field(
        default="hmac-sha256", description="How they are signed."
    )
    zone: Text = Field(
        default=_USUAL_UPDATE.zone, description="Zone of the records; found when it is not set."
    )
    ttl: Count = Field(default=_USUAL_UPDATE.ttl, description="TTL of the records in seconds.")

    @model_validator(mode="after")
    def _whole_key(self) -> DnsUpdateSection:
        if bool(self.key_name) != (self.key_file is not None):
            raise ValueError("key_name and key_file need each other: write both, or none")
        return self

    def update(self) -> DnsUpdate:
        """Return what this stands for."""
        return DnsUpdate(
            server=self.server,
            port=self.port,
            key_name=self.key_name,
            key_file=self.key_file or "",
            algorithm=self.algorithm,
            zone=self.zone,
            ttl=self.ttl,
        )


class DnsHookSection(Section):
    """A program that sets records: it is called `PROGRAM set|unset NAME VALUE`."""

    short_forms = ("string",)

    program: WholePath = Field(description="The program, by its whole path.")
    timeout: Duration = Field(
        default=_USUAL_HOOK.timeout, description="How long it may take; then it is ended."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"program": value} if isinstance(value, str) else value


class DnsSection(Section):
    """Who sets the records that answer `dns-01`: one of the two."""

    update: DnsUpdateSection | None = Field(
        default=None, description="A DNS server that takes updates (RFC 2136)."
    )
    hook: DnsHookSection | None = Field(
        default=None, description="A program: its path, or a mapping."
    )

    @model_validator(mode="after")
    def _one(self) -> DnsSection:
        if (self.update is None) == (self.hook is None):
            raise ValueError("write update or hook, and not both")
        return self

    def dns(self) -> DnsUpdate | DnsHook:
        """Return what this stands for."""
        if self.update is not None:
            return self.update.update()
        assert self.hook is not None
        return DnsHook(self.hook.program, self.hook.timeout)


class AcmeSection(Section):
    """How certificates are ordered by ACME."""

    authorities: Annotated[list[AuthoritySection], *ONE_OR_MANY] = Field(
        min_length=1,
        max_length=_MOST_AUTHORITIES,
        description="Who is asked: the first, and when that fails the next.",
    )
    challenges: Annotated[list[ChallengeType], *ONE_OR_MANY] = Field(
        default=list(_USUAL.challenges),
        min_length=1,
        description="How control of names is shown, in the order in which it is tried: `http-01`,"
        " `tls-alpn-01`, `dns-01`. Wildcards are always shown by `dns-01`.",
    )
    key_type: KeyType = Field(
        default=_USUAL.key_type,
        description="Keys of certificates that ask for none: `p256`, `p384`, `rsa2048`, `rsa3072`,"
        " `rsa4096`.",
    )
    dns: DnsSection | None = Field(default=None, description="Who answers `dns-01`.")
    propagation: DurationOrZero = Field(
        default=_USUAL.propagation,
        description="How long a record is waited for at the servers of its zone.",
    )
    renew_after: Annotated[float, Field(ge=0.1, le=0.95)] = Field(
        default=round(_USUAL.renew_after, 4),
        description="Part of its lifetime after which a certificate is renewed whose authority"
        " does not say when.",
    )

    @model_validator(mode="after")
    def _together(self) -> AcmeSection:
        names = [one.name for one in self.authorities]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two authorities are called {name!r}: call one otherwise")
        if len(set(self.challenges)) < len(self.challenges):
            raise ValueError("challenges has one of them twice: leave it out")
        if ChallengeType.DNS_01 in self.challenges and self.dns is None:
            raise ValueError("dns-01 needs dns: say who sets the records, or leave dns-01 out")
        return self

    def acme(self) -> Acme:
        """Return what this stands for."""
        return Acme(
            authorities=tuple(one.authority() for one in self.authorities),
            challenges=tuple(self.challenges),
            key_type=self.key_type,
            dns=None if self.dns is None else self.dns.dns(),
            propagation=self.propagation,
            renew_after=self.renew_after,
        )
