# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ACME server for what pebble does not do: renewal information, profiles, and any trouble.

It is as strict as pebble about signatures, nonces and content types.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from samples.certificates import authority, leaf

from running.ca.issuer import certificate_id
from running.ca.orders import Order
from running.ca.problem import Problem
from running.ca.records import Records, Rules, Window
from running.ca.resources import Resources
from running.ca.trouble import Half, Page, Refuse, Script, Slow, Trouble
from running.closing import Closing
from running.service import free_port

ROOTS = ("Scripted Root", "Other Root")


class ScriptedCa(Closing):
    """A certificate authority on loopback; ``rules`` may be changed while it runs.

    Resources are called as in its directory, and ``directory``, ``account``, ``order``,
    ``finalize``, ``authorization``, ``challenge``, ``certificate``.
    """

    def __init__(
        self, folder: Path, rules: Rules | None = None, roots: tuple[str, ...] = ROOTS
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.rules = rules or Rules()
        self._script = Script()
        self.port = free_port()
        base = f"https://127.0.0.1:{self.port}"
        self.directory = f"{base}/directory"
        self._records = Records(self.rules, roots)
        self._resources = Resources(self.rules, self._records, base)
        top = authority("Authority of the CA's address")
        self.trust = folder / "ca-trust.pem"
        """PEM file of the authority of its own address, for clients."""
        self.trust.write_bytes(top.pem)
        shown = leaf("127.0.0.1", issuer=top)
        chain, key = folder / "ca.pem", folder / "ca.key"
        chain.write_bytes(shown.chain)
        key.write_bytes(shown.key_pem())
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(chain, key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._runner: web.AppRunner | None = None
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    @property
    def requests(self) -> Counter[str]:
        """How often each resource was asked for, trouble or not."""
        return self._script.requests

    @property
    def orders(self) -> list[Order]:
        """All orders that were taken, the first one first."""
        return list(self._records.orders.values())

    def orders_for(self, name: str) -> int:
        """Return how many orders there were with this name or address."""
        return sum(name in order.names for order in self.orders)

    @property
    def issued(self) -> list[x509.Certificate]:
        """All certificates that were issued."""
        return [order.certificate for order in self.orders if order.certificate is not None]

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self._records.accounts)

    def revoked(self, certificate: x509.Certificate) -> int | None:
        """Return why a certificate was revoked, None for one that was not."""
        return self._records.revoked.get(certificate.serial_number)

    def root(self, number: int = 0) -> bytes:
        """Return a root of its certificates, as PEM."""
        return self._records.issuer.roots[number].public_bytes(Encoding.PEM)

    def once(self, resource: str, *troubles: Trouble) -> None:
        """Have the next requests for a resource meet these, one each."""
        self._script.once(resource, *troubles)

    def always(self, resource: str, trouble: Trouble | None) -> None:
        """Have each request for a resource meet this from now on; None for none."""
        self._script.always(resource, trouble)

    def suggest(self, certificate: x509.Certificate, window: Window) -> None:
        """Say when a certificate is to be renewed."""
        self._records.windows[certificate_id(certificate)] = window

    def start(self) -> None:
        """Listen, with all that it knows."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop(self) -> None:
        """Refuse connections, until it is started again."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()

    def close(self) -> None:
        """End it."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        application = web.Application(middlewares=[self._serve])
        application.add_routes(self._resources.routes())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._context)
        await site.start()

    async def _end(self) -> None:
        await self._resources.close()
        if self._runner is not None:
            server = self._runner.server
            # Clients that keep their connections would be waited for to close them as TLS does.
            for connection in server.connections if server is not None else ():
                if connection.transport is not None:
                    connection.transport.abort()
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        trouble = self._script.take(_resource(request))
        if isinstance(trouble, Page):
            response = web.Response(status=trouble.status, text="<h1>Sorry</h1>")
            response.content_type = "text/html"
            return _retried(response, trouble.retry_after)
        if isinstance(trouble, Slow):
            await asyncio.sleep(trouble.seconds)
        try:
            if isinstance(trouble, Refuse):
                raise trouble.problem
            response = await handler(request)
        except Problem as problem:
            response = web.json_response(
                problem.document(), status=problem.status, content_type="application/problem+json"
            )
        except web.HTTPException as error:
            text = {404: "there is nothing here", 405: "the method is not allowed"}
            problem = Problem("malformed", text.get(error.status, error.reason), error.status)
            response = web.json_response(
                problem.document(), status=problem.status, content_type="application/problem+json"
            )
        response.headers["Replay-Nonce"] = self._resources.nonces.new()
        response.headers.add("Link", f'<{self.directory}>;rel="index"')
        if isinstance(trouble, Half) and isinstance(response, web.Response):
            return await _half(request, response)
        return _retried(response, trouble.retry_after if isinstance(trouble, Refuse) else None)


def _resource(request: web.Request) -> str:
    # Two methods of one resource cannot share a name.
    return request.match_info.route.name or ("newNonce" if request.path == "/nonce" else "unknown")


def _retried(response: web.StreamResponse, retry_after: str | None) -> web.StreamResponse:
    if retry_after is not None:
        response.headers["Retry-After"] = retry_after
    return response


async def _half(request: web.Request, whole: web.Response) -> web.StreamResponse:
    content = whole.body if isinstance(whole.body, bytes) else b""
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.content_length = len(content)
    await response.prepare(request)
    await response.write(content[: len(content) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response
