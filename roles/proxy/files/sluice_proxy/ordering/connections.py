# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to authorities: one session for each, by its own trust."""

from __future__ import annotations

from typing import Protocol

import aiohttp

from ..acme.client import Client
from ..acme.patience import Patience
from ..acme.signing.keys import SigningKey
from ..acme.transport import open_session
from ..snapshot.issuing import CertificateAuthority

PATIENCE = Patience(exchange=30.0)


class Connecting(Protocol):
    """Makes clients of authorities."""

    def client(
        self, authority: CertificateAuthority, key: SigningKey, account: str | None
    ) -> Client:
        """Return a client with the account of a key. Raises AcmeFailed."""

    async def close(self) -> None:
        """Close everything."""


class Connections:
    """Makes clients of authorities; sessions are opened when they are first needed."""

    def __init__(self, patience: Patience = PATIENCE) -> None:
        self._patience = patience
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    def client(
        self, authority: CertificateAuthority, key: SigningKey, account: str | None
    ) -> Client:
        """Return a client with the account of a key; raises TransportFailed for trust that cannot
        be read."""
        session = self._sessions.get(authority.name)
        if session is None:
            session = open_session(authority.trust_file, self._patience)
            self._sessions[authority.name] = session
        return Client(session, authority.directory, key, account, patience=self._patience)

    async def close(self) -> None:
        """Close all of them."""
        while self._sessions:
            await self._sessions.popitem()[1].close()
