# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``fleet``: what nodes share certificates and accounts by."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sluice_proxy.config import places
from sluice_proxy.config.sections.section import CountOrNone, File, Section, Text, Truth
from sluice_proxy.snapshot.fleet import Redis

_USUAL = Redis("")
_SCHEMES = {"redis": False, "rediss": True}
"""Schemes of URLs, and whether they stand for TLS."""


def _address(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("write HOST:PORT or unix:/PATH here")
    _without_user(value)
    return places.server_address(value)


def _without_user(text: str) -> None:
    if "@" in text:
        # What stands before it may be a password, so none of it is told.
        raise ValueError(
            "no user and no password may stand before an @ here: write a mapping with address,"
            " username and password_file"
        )


def _of_url(text: str) -> dict[str, Any]:
    """Return the keys that a URL, or an address alone, stands for. Raises ValueError."""
    _without_user(text)
    scheme, mark, rest = text.partition("://")
    if not mark:
        return {"address": text}
    if scheme not in _SCHEMES:
        raise ValueError(
            "this is no URL of a Redis server: write redis://HOST:PORT/DATABASE, rediss:// for"
            " TLS, or unix:/PATH"
        )
    address, _slash, database = rest.partition("/")
    found = {"address": address if ":" in address.rpartition("]")[2] else f"{address}:6379"}
    return found | {"tls": _SCHEMES[scheme]} | ({"database": database} if database else {})


class RedisSection(Section):
    """The Redis server that nodes of a fleet share certificates, accounts and answers by."""

    short_forms = ("string",)

    address: Annotated[
        str,
        BeforeValidator(_address),
        WithJsonSchema(
            {"type": "string", "format": "address", "examples": ["redis.example.com:6379"]}
        ),
    ] = Field(description="`HOST:PORT`, or `unix:/PATH`.")
    database: CountOrNone = Field(
        default=_USUAL.database, description="Number of the database on the server."
    )
    username: Text = Field(
        default=_USUAL.username, description="User of the server's ACL, where it is not `default`."
    )
    password_file: File | None = Field(
        default=None, description="File with the password; others may not read it."
    )
    tls: Truth = Field(default=_USUAL.tls, description="Speak TLS, and verify the server's name.")
    trust_file: File | None = Field(
        default=None,
        description="PEM file of the authorities of the server's certificate; by default those of"
        " the system.",
    )
    prefix: Text = Field(
        default=_USUAL.prefix,
        pattern=r"^[A-Za-z0-9_.-]{1,64}$",
        description="What the names of all keys begin with, before a colon. Each fleet on a server"
        " has its own.",
    )
    secret_file: File | None = Field(
        default=None,
        description="File with a secret of 32 characters or more, the same on all nodes: documents"
        " are encrypted with it before they go to the server.",
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return _of_url(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> RedisSection:
        if self.tls and self.address.startswith("/"):
            raise ValueError("there is no TLS at a unix socket: leave tls out")
        if self.trust_file is not None and not self.tls:
            raise ValueError("trust_file has no use without TLS: set tls: true, or leave it out")
        return self

    def redis(self) -> Redis:
        """Return what this stands for."""
        return Redis(
            self.address,
            self.database,
            self.username,
            self.password_file,
            self.tls,
            self.trust_file,
            self.prefix,
            self.secret_file,
        )


class FleetSection(Section):
    """What this node shares with others that serve the same names."""

    redis: RedisSection | None = Field(
        default=None,
        description="A Redis server: `redis://HOST:PORT/DATABASE`, or a mapping. Without one this"
        " node is alone.",
    )

    def fleet(self) -> Redis | None:
        """Return what this stands for, None for a node alone."""
        return None if self.redis is None else self.redis.redis()
