# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to a Redis server: where it is, who we are to it, and for how long it is waited."""

from __future__ import annotations

import os
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redis.asyncio import BlockingConnectionPool, Connection, SSLConnection
from redis.asyncio import Redis as Client
from redis.asyncio.connection import UnixDomainSocketConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.exceptions import AuthenticationError

from ...snapshot.fleet import Redis

CONNECT_TIMEOUT = 2.0
"""Seconds for a connection to be there."""
COMMAND_TIMEOUT = 5.0
"""Seconds for an answer, with all that has to come before it."""
MOST_CONNECTIONS = 8
MOST_SECRET_BYTES = 65_536


class SecretUnreadable(RuntimeError):
    """A file with a secret cannot be used; the text is one line that names it."""


def read_secret(path: str) -> bytes:
    """Return the first line of a file that only we and our group may read.

    Raises SecretUnreadable.
    """
    try:
        with Path(path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            line = file.readline(MOST_SECRET_BYTES).strip()
    except OSError as error:
        raise SecretUnreadable(f"{path} cannot be read: {error.strerror}") from error
    if mode & stat.S_IRWXO:
        raise SecretUnreadable(f"{path} has a secret, and others may use it: chmod o= it")
    if not line:
        raise SecretUnreadable(f"{path} is empty: its first line has to be the secret")
    return line


def client(redis: Redis, patience: float) -> Client:
    """Return a client that connects when it is first used, and anew when a connection is lost.

    ``patience`` is in seconds, for a connection of the pool and for each answer. Everything is
    tried once: what is done twice may count twice.
    """
    host, _colon, port = redis.address.rpartition(":")
    place: dict[str, Any] = {"host": host.removeprefix("[").removesuffix("]"), "port": port}
    kind: type[Any] = Connection
    if redis.address.startswith("/"):
        kind, place = UnixDomainSocketConnection, {"path": redis.address}
    elif redis.tls:
        kind, place = _Tls, {**place, "trust_file": redis.trust_file}
    pool = BlockingConnectionPool(
        MOST_CONNECTIONS,
        patience,
        kind,
        db=redis.database,
        credential_provider=_Credentials(redis) if redis.password_file or redis.username else None,
        socket_connect_timeout=min(CONNECT_TIMEOUT, patience),
        socket_timeout=patience,
        retry=Retry(NoBackoff(), 0),
        **place,
    )
    return Client.from_pool(pool)


class _Credentials(CredentialProvider):
    """Reads the password for each connection: it may have changed, and is kept nowhere."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def get_credentials_async(self) -> tuple[str] | tuple[str, str]:
        """Return the user, if one is set, and the password."""
        return self.get_credentials()

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Return the user, if one is set, and the password."""
        path, user = self._redis.password_file, self._redis.username
        try:
            password = "" if path is None else read_secret(path).decode()
        except SecretUnreadable as unreadable:
            raise AuthenticationError(str(unreadable)) from unreadable
        except UnicodeDecodeError as error:
            raise AuthenticationError(f"{path} is not UTF-8") from error
        return (user, password) if user else (password,)


class _Tls(SSLConnection):
    """A connection that trusts one file alone, where one is set: the library adds it to the
    system's."""

    def __init__(self, *, trust_file: str | None, **others: Any) -> None:
        super().__init__(**others)
        self._trust_file = trust_file

    def _connection_arguments(self) -> Mapping[str, Any]:
        context = ssl.create_default_context(cafile=self._trust_file)
        return {"host": self.host, "port": self.port, "ssl": context}
