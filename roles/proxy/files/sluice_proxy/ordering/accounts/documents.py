# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts as nodes share them. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from ...snapshot.issuing import CertificateAuthority

ACCOUNT = "account"
"""The kind of these documents among what is shared; their ids are names of authorities."""


@dataclass(frozen=True, slots=True)
class SharedAccount:
    """An account at the authority with a ``directory``; ``key`` is PEM.

    ``url`` is empty while it is being made; ``next_key`` is there while it gets another key.
    """

    directory: str
    key: bytes = field(repr=False)
    url: str = ""
    contact: tuple[str, ...] = ()
    external: str = ""
    next_key: bytes | None = field(default=None, repr=False)

    def is_of(self, authority: CertificateAuthority) -> bool:
        """Return whether it is at this authority, made or not."""
        return self.directory == authority.directory

    def is_settled(self, authority: CertificateAuthority) -> bool:
        """Return whether it can be used as it is."""
        made = self.is_of(authority) and bool(self.url) and self.next_key is None
        return made and self.contact == authority.contact


def encode_account(account: SharedAccount) -> bytes:
    """Return the document of an account, its private key in it."""
    document: dict[str, object] = {
        "directory": account.directory,
        "url": account.url,
        "key": account.key.decode("ascii"),
        "contact": account.contact,
        "external": account.external,
    }
    if account.next_key is not None:
        document["next_key"] = account.next_key.decode("ascii")
    return json.dumps(document).encode()


def decode_account(document: bytes) -> SharedAccount | None:
    """Return the account of a document, None for one that is none."""
    try:
        read = json.loads(document)
        next_key = read.get("next_key")
        return SharedAccount(
            directory=str(read["directory"]),
            key=read["key"].encode("ascii"),
            url=str(read["url"]),
            contact=tuple(map(str, read["contact"])),
            external=str(read["external"]),
            next_key=None if next_key is None else next_key.encode("ascii"),
        )
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return None
