# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``listen``: the sockets that clients reach the proxy at."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sluice_proxy.config.sections.section import Count, ListenAddress, Nets, Section, Truth
from sluice_proxy.snapshot.listening import Address, Listener, UnixAddress

_MODE = re.compile(r"0?[0-7]{3}\Z")


def _mode(value: Any) -> int:
    text = str(value)
    if not _MODE.match(text):
        raise ValueError(f"mode {text!r} is not of three octal digits: write it like 0660")
    return int(text, 8)


Mode = Annotated[
    int, BeforeValidator(_mode), WithJsonSchema({"type": "string", "format": "octal digits"})
]


def only_of_a_file(section: Section, key: str, address: Address) -> None:
    """Raise ValueError when a section has a key that only makes sense for a socket file."""
    if key in section.model_fields_set and not isinstance(address, UnixAddress):
        raise ValueError(f"{key} is for socket files, as of unix:/PATH: leave it out")


class ListenSection(Section):
    """One listening socket."""

    short_forms = ("string",)

    address: ListenAddress = Field(
        description="`ADDRESS:PORT`, `[IPV6]:PORT`, `unix:/PATH`, or `systemd:NAME` for a socket"
        " that systemd opened."
    )
    tls: Truth = Field(default=False, description="Speak TLS here.")
    proxy_protocol_from: Nets = Field(
        default=[],
        description="Networks whose connections have to begin with a PROXY header, v1 or v2. Of"
        " others, a header is an error.",
    )
    mode: Mode = Field(
        default=0o660, description="Permissions of the socket file, in octal digits."
    )
    backlog: Count = Field(
        default=4096, description="Connections that the kernel keeps until they are accepted."
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"address": value} if isinstance(value, str | int) else value

    @model_validator(mode="after")
    def _of_a_file(self) -> ListenSection:
        only_of_a_file(self, "mode", self.address)
        return self

    def listener(self) -> Listener:
        """Return what this stands for."""
        address = self.address
        if isinstance(address, UnixAddress):
            address = replace(address, mode=self.mode)
        return Listener(address, self.tls, tuple(self.proxy_protocol_from), self.backlog)
