# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``issuing.acme``: certificates that are ordered."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sluice_proxy.config.sections.acme_authorities import AuthoritySection, Contacts
from sluice_proxy.config.sections.acme_dns import DnsSection
from sluice_proxy.config.sections.section import ONE_OR_MANY, Duration, Section, Truth
from sluice_proxy.snapshot.issuing import Acme, ChallengeType, KeyType

_USUAL = Acme(authorities=())


class AcmeSection(Section):
    """Certificates that are ordered by ACME (RFC 8555), as `provider: acme` wants."""

    authorities: Annotated[list[AuthoritySection], *ONE_OR_MANY] = Field(
        min_length=1,
        max_length=20,
        description="Who is asked, the next one when one fails; each a URL, a known name, or a"
        " mapping.",
    )
    contact: Contacts = Field(default=[], description="Mailboxes that authorities may write to.")
    terms_agreed: Truth = Field(
        default=False,
        description="That the terms of service of all authorities were read and agreed to.",
    )
    challenges: Annotated[list[ChallengeType], *ONE_OR_MANY] = Field(
        default=[],
        description="How control of names is shown, in this order: `http-01`, `tls-alpn-01`,"
        " `dns-01`. By default the first two, and the last where `dns` is set.",
    )
    key_type: KeyType = Field(
        default=_USUAL.key_type,
        description="Keys of certificates: `p256`, `p384`, `rsa2048`, `rsa3072` or `rsa4096`.",
    )
    dns: DnsSection | None = Field(
        default=None, description="Who answers dns-01 challenges, which wildcards need."
    )
    propagation: Duration = Field(
        default=_USUAL.propagation,
        description="How long a record is waited for at the servers of its zone.",
    )
    renew_after: float = Field(
        default=_USUAL.renew_after,
        ge=0.1,
        le=0.95,
        description="Part of a lifetime after which is renewed what its authority says nothing"
        " about.",
    )

    @model_validator(mode="after")
    def _whole(self) -> AcmeSection:
        names: set[str] = set()
        for part in self.authorities:
            if part.called in names:
                raise ValueError(f"two authorities are called {part.called}: set name of one")
            names.add(part.called)
            if not (self.terms_agreed if part.terms_agreed is None else part.terms_agreed):
                raise ValueError(
                    f"authority {part.called} issues for who agreed to its terms of service: read"
                    " them (its directory names their URL as termsOfService), then set"
                    " terms_agreed: true"
                )
        if len(set(self.challenges)) != len(self.challenges):
            raise ValueError("challenges has a type twice: leave one out")
        by_dns = ChallengeType.DNS_01 in self.challenges
        if by_dns and self.dns is None:
            raise ValueError("dns-01 needs dns: set update or hook in it, or leave dns-01 out")
        if self.challenges and self.dns is not None and not by_dns:
            raise ValueError("dns has no use: add dns-01 to challenges, or leave dns out")
        return self

    def acme(self) -> Acme:
        """Return what this stands for."""
        usual = [*_USUAL.challenges, *([] if self.dns is None else [ChallengeType.DNS_01])]
        return Acme(
            authorities=tuple(
                part.authority(self.contact, self.terms_agreed) for part in self.authorities
            ),
            challenges=tuple(self.challenges or usual),
            key_type=self.key_type,
            dns=None if self.dns is None else self.dns.dns(),
            propagation=self.propagation,
            renew_after=self.renew_after,
        )
