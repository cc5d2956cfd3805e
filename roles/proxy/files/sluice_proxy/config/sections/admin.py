# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``admin``: the API for operators and programs."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, model_validator

from sluice_proxy.config.sections.listen import Mode, only_of_a_file
from sluice_proxy.config.sections.section import ONE_OR_MANY, File, ListenAddress, Section, Text
from sluice_proxy.config.sections.tls import CertificateSection
from sluice_proxy.snapshot.admin import Admin
from sluice_proxy.snapshot.listening import Address, TcpAddress, UnixAddress


class AdminListenSection(Section):
    """One listening socket of the admin API."""

    short_forms = ("string",)

    address: ListenAddress = Field(
        description="`unix:/PATH`, `ADDRESS:PORT`, or `systemd:NAME` for a socket that systemd"
        " opened."
    )
    mode: Mode = Field(
        default=0o600, description="Permissions of the socket file, in octal digits."
    )
    group: Text | None = Field(
        default=None, description="Group of the socket file; with `mode: 0660` it may use the API."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"address": value} if isinstance(value, str | int) else value

    @model_validator(mode="after")
    def _of_a_file(self) -> AdminListenSection:
        only_of_a_file(self, "mode", self.address)
        only_of_a_file(self, "group", self.address)
        return self

    def place(self) -> Address:
        """Return what this stands for."""
        address = self.address
        if isinstance(address, UnixAddress):
            return replace(address, mode=self.mode, group=self.group)
        return address


class AdminSection(Section):
    """The API for operators and programs."""

    short_forms = ("string",)

    listen: Annotated[list[AdminListenSection], *ONE_OR_MANY] = Field(
        min_length=1,
        description="Where it is reached; each an address, or a mapping. Who may open the socket"
        " file may do everything.",
    )
    tokens_file: File | None = Field(
        default=None,
        description="File with the tokens that are asked for on TCP, a line `NAME sha256:HEX` for"
        " each.",
    )
    certificate: CertificateSection | None = Field(
        default=None,
        description="The certificate on TCP, where TLS is spoken; by default one that is made at"
        " each start, which clients cannot check.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"listen": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> AdminSection:
        for part in self.listen:
            if isinstance(part.address, TcpAddress) and self.tokens_file is None:
                raise ValueError(
                    f"{part.address} can be reached over the network: set tokens_file too, or"
                    " listen at unix:/PATH alone"
                )
        return self

    def admin(self) -> Admin:
        """Return what this stands for."""
        return Admin(
            tuple(part.place() for part in self.listen),
            self.tokens_file,
            None if self.certificate is None else self.certificate.certificate(),
        )
