# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the document of a certificate may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ..config.sections.section import ONE_OR_MANY, Count, Hosts, Section, Text
from ..config.sections.tls import names_of_certificate
from ..issuing.building import MOST_DAYS
from ..issuing.names import certificate_names
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


SECTIONS: dict[str, type[GivenSection | SelfSignedSection | LocalCaSection]] = {
    "given": GivenSection,
    "self_signed": SelfSignedSection,
    "local_ca": LocalCaSection,
}
