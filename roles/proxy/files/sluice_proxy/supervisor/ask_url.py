# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a URL whether a name may have a certificate: 2xx permits it."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aiohttp

MOST_AT_ONCE = 16
"""Names that are asked about at once; others wait for their turn."""
_HEAD = 8 * 1024
"""Most bytes of a line or field of an answer."""
_WHOM = "the URL ask of issuing.on_demand"


class AskFailed(RuntimeError):
    """There is no answer; the text is one line that says why."""


class AskUrl:
    """Asks by HTTP, without cookies, proxies of the environment, or following redirects."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)

    async def permits(self, url: str, name: str, seconds: float) -> bool:
        """Return whether ``url`` answers 2xx when it is asked with ``domain=NAME``.

        The content is never read. Raises AskFailed, also for a redirect and for a 5xx: they say
        nothing about the name.
        """
        # A proxy that gets nothing on demand does not load it.
        import aiohttp

        if self._session is None:
            self._session = _session()
        try:
            async with (
                asyncio.timeout(seconds),
                self._turn,
                self._session.get(url, params={"domain": name}, allow_redirects=False) as response,
            ):
                status = response.status
        except TimeoutError:
            raise AskFailed(f"{_WHOM} did not answer within {seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise AskFailed(f"{_WHOM} cannot be reached: {_said(error)}") from None
        if 300 <= status < 400 or status >= 500:
            raise AskFailed(f"{_WHOM} answered {status}")
        return 200 <= status < 300

    async def close(self) -> None:
        """Ask nothing any more."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _session() -> aiohttp.ClientSession:
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=MOST_AT_ONCE),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "sluice-proxy", "Accept": "*/*"},
        timeout=aiohttp.ClientTimeout(total=None),
        max_line_size=_HEAD,
        max_field_size=_HEAD,
        trust_env=False,
        auto_decompress=False,
    )


def _said(error: Exception) -> str:
    """Return what an error says, without the URL: it may have a secret."""
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else type(error).__name__
