# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing.acme.authorities``: who issues certificates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sluice_proxy.config import places, units
from sluice_proxy.config.sections.section import ONE_OR_MANY, NamedFile, Section, Text, Truth
from sluice_proxy.snapshot.issuing import CertificateAuthority, ExternalAccount

KNOWN = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "letsencrypt-staging": "https://acme-staging-v02.api.letsencrypt.org/directory",
}
"""Directories that may be written by a name."""
STAGING = frozenset({"letsencrypt-staging"})
"""Those of them that issue for trials alone."""

# RFC 8555, section 7.3: one address, and no header fields.
_ADDRESS = re.compile(r"[!-$&-+.-9;=A-Z^-~-]+@[A-Za-z0-9.-]+\Z")
_WORD = re.compile(r"[!-~]+\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}\Z")


def _contact(value: Any) -> str:
    text = str(value).removeprefix("mailto:")
    if not isinstance(value, str) or not _ADDRESS.match(text):
        raise ValueError("this is not the address of one mailbox: write it like ops@example.com")
    return f"mailto:{text}"


def _directory(value: Any) -> str:
    if isinstance(value, str):
        if value in KNOWN:
            return value
        if places.is_url(value, "https"):
            return value
    raise ValueError(
        f"write the https URL of an authority's directory here, or {' or '.join(sorted(KNOWN))}"
    )


def _name(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(f"{value!r} is no name: write small letters, digits and . _ -")
    return value


def _word(value: str) -> str:
    if not _WORD.match(value):
        raise ValueError("this has a blank, or a character that is not of ASCII")
    return value


def _orders(value: str) -> str:
    units.amount_in_time(value)
    return value


Contacts = Annotated[
    list[
        Annotated[
            str, BeforeValidator(_contact), WithJsonSchema({"type": "string", "format": "email"})
        ]
    ],
    *ONE_OR_MANY,
]


class ExternalAccountSection(Section):
    """An account that the authority knows already."""

    key_id: Annotated[Text, AfterValidator(_word)] = Field(description="How it calls the key.")
    key_file: NamedFile = Field(
        description="File with the key in base64url. It is read when an account is made."
    )

    def account(self) -> ExternalAccount:
        """Return what this stands for."""
        return ExternalAccount(self.key_id, self.key_file)


class AuthoritySection(Section):
    """A certificate authority that speaks ACME (RFC 8555)."""

    short_forms = ("string",)

    directory: Annotated[str, BeforeValidator(_directory)] = Field(
        description="https URL of its directory, or `letsencrypt`, or `letsencrypt-staging`."
    )
    name: Annotated[Text, AfterValidator(_name)] | None = Field(
        default=None,
        description="What it is called in logs and by certificates that name it; by default the"
        " name of a known one, or the host of the URL.",
    )
    contact: Contacts = Field(
        default=[],
        description="Mailboxes that it may write to; by default those of `acme`.",
    )
    terms_agreed: Truth | None = Field(
        default=None,
        description="That its terms of service were read and agreed to; by default as in `acme`.",
    )
    external_account: ExternalAccountSection | None = Field(
        default=None, description="The account there that ours is bound to, where it asks for one."
    )
    profile: Annotated[Text, AfterValidator(_word)] | None = Field(
        default=None, description="Which of its profiles certificates are of."
    )
    preferred_chain: Text = Field(
        default="",
        max_length=200,
        description="Common name of the root that chains are to end at, where it offers several.",
    )
    trust_file: NamedFile | None = Field(
        default=None,
        description="PEM file of who vouches for its own TLS; by default those"
        " whom the system trusts.",
    )
    staging: Truth | None = Field(
        default=None,
        description="That it issues for trials alone: what failed at another is tried there"
        " first. By default so for `letsencrypt-staging`.",
    )
    orders: Annotated[
        str,
        AfterValidator(_orders),
        BeforeValidator(str),
        WithJsonSchema({"type": "string", "format": "number in a time", "examples": ["50/d"]}),
    ] = Field(default="250/3h", description="Orders that are made there at most.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"directory": value} if isinstance(value, str) else value

    @property
    def called(self) -> str:
        """Its name, be it written or not."""
        if self.name is not None:
            return self.name
        return (
            self.directory if self.directory in KNOWN else urlsplit(self.directory).hostname or ""
        )

    def authority(self, contact: Sequence[str], agreed: bool) -> CertificateAuthority:
        """Return what this stands for, with what is set for all."""
        account = self.external_account
        known = self.directory in STAGING
        most, window = units.amount_in_time(self.orders)
        return CertificateAuthority(
            name=self.called,
            directory=KNOWN.get(self.directory, self.directory),
            contact=tuple(self.contact or contact),
            terms_agreed=agreed if self.terms_agreed is None else self.terms_agreed,
            external_account=None if account is None else account.account(),
            profile=self.profile or "",
            preferred_chain=self.preferred_chain,
            trust_file=self.trust_file,
            staging=known if self.staging is None else self.staging,
            most_orders=most,
            order_window=window,
        )
