# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests to an authority over HTTPS, each within bounds of time and size."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from ..release import release
from .failures import TransportFailed
from .messages.reply import Reply
from .patience import Patience

MOST_BYTES = 512 * 1024
"""Of the content of an answer; an order with 100 names has about 20 KiB."""
_JOSE = "application/jose+json"
_KEPT = 4.0
"""Seconds that an idle connection is kept: less than any authority keeps it, because a request that
is sent just then would be lost."""
_LOCAL = {"localhost", "127.0.0.1", "::1"}


def open_session(
    trust_file: str | Path | None = None, patience: Patience | None = None
) -> aiohttp.ClientSession:
    """Return a session for requests to one authority; whoever opened it closes it.

    ``trust_file`` has the CAs (PEM) of its TLS, None for those of the system. Raises
    TransportFailed when that cannot be used.
    """
    patience = patience or Patience()
    try:
        context = ssl.create_default_context(cafile=trust_file)
    except ssl.SSLError:
        raise TransportFailed(f"the trust file {trust_file} has no certificates (PEM)") from None
    except OSError as error:
        raise TransportFailed(f"the trust file {trust_file}: {error.strerror}") from None
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, keepalive_timeout=_KEPT),
        timeout=aiohttp.ClientTimeout(total=patience.exchange, sock_connect=patience.connect),
        headers={
            # RFC 8555, section 6.1, asks for both.
            "User-Agent": f"sluice-proxy/{release()}",
            "Accept-Language": "en",
            "Accept-Encoding": "identity",
        },
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


class Transport:
    """Sends requests to the URLs that an authority gave; a redirect is none of them."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, url: str, accept: str) -> Reply:
        """Ask without a signature."""
        return await self._exchange("GET", url, {"Accept": accept}, None)

    async def head(self, url: str) -> Reply:
        """Ask for the fields alone."""
        return await self._exchange("HEAD", url, {}, None)

    async def post(self, url: str, content: bytes, accept: str) -> Reply:
        """Send a request that is signed."""
        return await self._exchange("POST", url, {"Accept": accept, "Content-Type": _JOSE}, content)

    async def _exchange(
        self, method: str, url: str, fields: Mapping[str, str], content: bytes | None
    ) -> Reply:
        place = f"{method} {url}"
        if not is_safe(url):
            raise TransportFailed(f"{place}: authorities are asked over https alone")
        try:
            async with self._session.request(
                method, url, headers=fields, data=content, allow_redirects=False
            ) as response:
                reply = Reply(
                    url,
                    response.status,
                    {name.lower(): response.headers[name] for name in response.headers},
                    await _content(response, place),
                    tuple(response.headers.getall("Link", ())),
                )
        except TimeoutError:
            raise TransportFailed(f"{place}: no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise TransportFailed(f"{place}: {error or type(error).__name__}") from None
        if 300 <= reply.status < 400:
            target = reply.location or "nowhere"
            raise TransportFailed(
                f"{place}: redirects are not followed, and it redirects to {target}", reply.status
            )
        return reply


def is_safe(url: str) -> bool:
    """Return whether a request may go to a URL: over TLS, or not off this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL))


async def _content(response: aiohttp.ClientResponse, place: str) -> bytes:
    content = bytearray()
    async for part in response.content.iter_any():
        content += part
        if len(content) > MOST_BYTES:
            raise TransportFailed(
                f"{place}: the answer is longer than {MOST_BYTES} bytes", response.status
            )
    return bytes(content)
