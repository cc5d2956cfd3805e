# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Commands to a Redis server: each within its time, and each once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.exceptions import NoScriptError

from ...snapshot.fleet import Redis
from .connecting import COMMAND_TIMEOUT, client


class Server:
    """The server that a configuration names; raises RedisError, OSError and TimeoutError.

    ``patience`` is in seconds, for an answer with all that has to come before it.
    """

    def __init__(self, redis: Redis, patience: float = COMMAND_TIMEOUT) -> None:
        # The library's client has methods without types.
        self._client: Any = client(redis, patience)
        self._patience = patience

    async def do(self, command: str, *arguments: str | bytes) -> Any:
        """Return the answer to a command."""
        async with asyncio.timeout(self._patience):
            return await self._client.execute_command(command, *arguments)

    async def run(self, script: str, keys: Sequence[str], *arguments: str | bytes) -> Any:
        """Return what a script returns; it is sent only where the server does not have it."""
        name = sha1(script.encode(), usedforsecurity=False).hexdigest()
        try:
            return await self.do("EVALSHA", name, str(len(keys)), *keys, *arguments)
        except NoScriptError:
            return await self.do("EVAL", script, str(len(keys)), *keys, *arguments)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()
