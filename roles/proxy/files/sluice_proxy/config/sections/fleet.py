# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``fleet``: where nodes keep what they share."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from sluice_proxy.config.places import authority, socket_path
from sluice_proxy.config.sections.section import Section, Text, Truth, Whole, WholePath
from sluice_proxy.snapshot.fleet import Redis

_USUAL = Redis("")
_PREFIX = re.compile(r"[!-~]{1,64}\Z")


class FleetSection(Section):
    """A Redis server that the nodes of a fleet share accounts, certificates, answers to validations
    and leases by. A node alone needs none."""

    short_forms = ("string",)

    address: Text = Field(description="`HOST:PORT`, or `unix:/PATH` of its socket.")
    database: Annotated[Whole, Field(ge=0, le=1_000_000)] = Field(
        default=_USUAL.database, description="Number of its database."
    )
    username: Text = Field(default=_USUAL.username, description="User, where it has several.")
    password_file: WholePath | None = Field(
        default=None, description="File with the password; for root alone to read."
    )
    tls: Truth = Field(default=_USUAL.tls, description="Speak TLS with it.")
    trust_file: WholePath | None = Field(
        default=None,
        description="PEM file with the CA of its certificate; by default those that the system"
        " trusts.",
    )
    prefix: Text = Field(
        default=_USUAL.prefix,
        description="What all keys begin with: another one for each fleet.",
    )
    secret_file: WholePath | None = Field(
        default=None,
        description="File with a secret that all nodes have: documents are encrypted with it"
        " before they leave the node.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"address": value} if isinstance(value, str) else value

    @field_validator("address")
    @classmethod
    def _place(cls, value: str) -> str:
        if value.startswith(("unix:", "/")):
            return socket_path(value.removeprefix("unix:"))
        place = authority(value)
        if not place.rpartition("]")[2].rpartition(":")[1]:
            raise ValueError(f"{value!r} has no port: write it like redis.example.com:6379")
        return place

    @field_validator("prefix")
    @classmethod
    def _visible(cls, value: str) -> str:
        if not _PREFIX.match(value):
            raise ValueError("a prefix has 1 to 64 visible characters of ASCII")
        return value

    @model_validator(mode="after")
    def _whole(self) -> FleetSection:
        if self.trust_file is not None and not self.tls:
            raise ValueError("trust_file has no use without TLS: set tls: true, or leave it out")
        return self

    def redis(self) -> Redis:
        """Return what this stands for."""
        return Redis(
            address=self.address,
            database=self.database,
            username=self.username,
            password_file=self.password_file,
            tls=self.tls,
            trust_file=self.trust_file,
            prefix=self.prefix,
            secret_file=self.secret_file,
        )
