# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the document of a certificate may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from ..config.sections.section import ONE_OR_MANY, Count, Hosts, Section, Text
from ..config.sections.tls import names_of_certificate
from ..issuing.building import MOST_DAYS
from ..issuing.names import certificate_names
from ..issuing.terms import has_wildcard
from ..snapshot.issuing import ChallengeType, KeyType
from ..snapshot.tls import Certificate, Pem

Names = Annotated[
    list[Text],
    *ONE_OR_MANY,
    AfterValidator(lambda value: list(certificate_names(value))),
]


class GivenSection(Section):
    """A chain with its key, as PEM."""

    provider: Literal["given"]
    chain: Text
    key: Text
    password: Text | None = None
    hosts: Annotated[Hosts, AfterValidator(names_of_certificate)] = []

    def certificate(self) -> Certificate:
        """Return what this stands for, not read yet."""
        return Certificate(
            chain=Pem(text=self.chain.encode()),
            key=Pem(text=self.key.encode()),
            password=None if self.password is None else self.password.encode(),
            hosts=tuple(map(str, self.hosts)),
        )


class SelfSignedSection(Section):
    """A certificate that nobody but itself vouches for."""

    provider: Literal["self_signed"]
    names: Names
    days: Annotated[Count, Field(le=MOST_DAYS)] = MOST_DAYS


class LocalCaSection(Section):
    """A certificate of the local authority."""

    provider: Literal["local_ca"]
    names: Names


class OrderedSection(Section):
    """A certificate that is ordered by ACME, or has the local authority for development."""

    provider: Literal["acme"]
    names: Names
    authority: Annotated[Text, Field(max_length=64)] = ""
    challenge: ChallengeType | None = None
    profile: Annotated[Text, Field(max_length=64)] = ""
    key_type: KeyType | None = None

    @field_validator("challenge")
    @classmethod
    def _shows_wildcards(
        cls, value: ChallengeType | None, info: ValidationInfo
    ) -> ChallengeType | None:
        if has_wildcard(info.data.get("names", ())) and value not in (None, ChallengeType.DNS_01):
            raise ValueError(
                f"{value} cannot show control of a wildcard: use dns-01, or leave it out"
            )
        return value


SECTIONS: dict[str, type[GivenSection | SelfSignedSection | LocalCaSection | OrderedSection]] = {
    "given": GivenSection,
    "self_signed": SelfSignedSection,
    "local_ca": LocalCaSection,
    "acme": OrderedSection,
}
