# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources of an authority (RFC 8555, section 7; RFC 9773), and what is done about them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import josepy
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from running.ca.issuer import check_key, names_of
from running.ca.orders import HTTP_01, Account, Authorization, Challenge, Order, rfc3339
from running.ca.problem import Problem
from running.ca.records import Records, Rules
from running.ca.signed import Nonces, Signed, check_binding, decode, read
from running.service import PATIENCE

Doing = Callable[[web.Request, Signed, Account], Awaitable[web.Response]]
_NOT_FOUND = 404
_SPKI = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Resources:
    """Answers requests; ``base`` is the address before all paths."""

    def __init__(self, rules: Rules, records: Records, base: str) -> None:
        self._rules = rules
        self._records = records
        self._base = base
        self.nonces = Nonces()
        self._validations: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """Return what there is, by the names that troubles are told with."""
        return [
            web.get("/directory", self._directory, name="directory"),
            web.head("/nonce", self._nonce, name="newNonce"),
            web.get("/nonce", self._nonce, allow_head=False),
            web.post("/new-account", self._new_account, name="newAccount"),
            web.post("/account/{number}", self._signed(self._account), name="account"),
            web.post("/new-order", self._signed(self._new_order), name="newOrder"),
            web.post("/order/{number}", self._signed(self._order), name="order"),
            web.post("/order/{number}/finalize", self._signed(self._finalize), name="finalize"),
            web.post(
                "/authorization/{number}", self._signed(self._authorization), name="authorization"
            ),
            web.post("/challenge/{number}", self._signed(self._challenge), name="challenge"),
            web.post(
                "/certificate/{serial}/{chain}", self._signed(self._certificate), name="certificate"
            ),
            web.post("/revoke", self._revoke, name="revokeCert"),
            web.get("/renewal/{id}", self._renewal, name="renewalInfo"),
        ]

    async def close(self) -> None:
        """Validate no more."""
        for task in self._validations:
            task.cancel()
        await asyncio.gather(*self._validations, return_exceptions=True)

    async def _directory(self, request: web.Request) -> web.Response:
        rules = self._rules
        paths = {
            "newNonce": "nonce",
            "newAccount": "new-account",
            "newOrder": "new-order",
            "revokeCert": "revoke",
        }
        if rules.ari:
            paths["renewalInfo"] = "renewal"
        meta: dict[str, Any] = {"externalAccountRequired": bool(rules.external_accounts)}
        if rules.terms:
            meta["termsOfService"] = f"{self._base}/terms"
        if rules.profiles:
            meta["profiles"] = {name: f"{self._base}/profile/{name}" for name in rules.profiles}
        resources = {name: f"{self._base}/{path}" for name, path in paths.items()}
        return web.json_response({**resources, "meta": meta})

    async def _nonce(self, request: web.Request) -> web.Response:
        status = 200 if request.method == "HEAD" else 204
        return web.Response(status=status, headers={"Cache-Control": "no-store"})

    async def _read(self, request: web.Request) -> Signed:
        if request.content_type != "application/jose+json":
            raise Problem("malformed", f"the content type is {request.content_type!r}", 415)
        url = f"{self._base}{request.path}"
        return read(await request.read(), url, self.nonces, lambda kid: self._with_url(kid).key)

    def _with_url(self, url: str) -> Account:
        number = url.removeprefix(f"{self._base}/account/")
        account = self._records.accounts.get(int(number)) if number.isdecimal() else None
        if account is None:
            raise Problem("accountDoesNotExist", f"there is no account {url!r}")
        if account.status != "valid":
            raise Problem("unauthorized", f"the account is {account.status}", 403)
        return account

    def _signed(self, doing: Doing) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            signed = await self._read(request)
            if signed.kid is None:
                raise Problem("malformed", "JWS must have a kid here")
            return await doing(request, signed, self._with_url(signed.kid))

        return handle

    async def _new_account(self, request: web.Request) -> web.Response:
        signed = await self._read(request)
        if signed.jwk is None:
            raise Problem("malformed", "JWS must have a jwk here")
        wanted = _payload(signed)
        known = self._records.account_of(signed.key)
        if known is not None:
            return self._told_account(known, 200)
        if wanted.get("onlyReturnExisting"):
            raise Problem("accountDoesNotExist", "no account has this key")
        if self._rules.terms and wanted.get("termsOfServiceAgreed") is not True:
            raise Problem("userActionRequired", "the terms of service are not agreed to", 403)
        if self._rules.external_accounts:
            check_binding(
                wanted.get("externalAccountBinding"),
                f"{self._base}{request.path}",
                signed.jwk,
                self._rules.external_accounts,
            )
        contact = wanted.get("contact") or []
        if not all(str(one).startswith("mailto:") for one in contact):
            raise Problem("unsupportedContact", "a contact is no address of mail")
        return self._told_account(self._records.add_account(signed.key, contact), 201)

    def _told_account(self, account: Account, status: int) -> web.Response:
        location = f"{self._base}/account/{account.number}"
        document = account.document(self._base)
        return web.json_response(document, status=status, headers={"Location": location})

    async def _account(
        self, request: web.Request, signed: Signed, account: Account
    ) -> web.Response:
        if account is not self._with_url(f"{self._base}{request.path}"):
            raise Problem("unauthorized", "this is another's account", 403)
        wanted = signed.payload or {}
        if "contact" in wanted:
            account.contact = wanted["contact"]
        if wanted.get("status") == "deactivated":
            account.status = "deactivated"
        return self._told_account(account, 200)

    async def _new_order(
        self, request: web.Request, signed: Signed, account: Account
    ) -> web.Response:
        wanted = _payload(signed)
        names = [str(one.get("value")) for one in wanted.get("identifiers") or ()]
        if not names or any(name != name.lower() for name in names):
            raise Problem("malformed", f"the identifiers are {names}")
        blocked = {name: self._rules.blocked[name] for name in names if name in self._rules.blocked}
        if blocked:
            raise Problem("rejectedIdentifier", "no order is taken for a name", 400, blocked)
        profile = wanted.get("profile")
        if profile is not None and profile not in self._rules.profiles:
            raise Problem("invalidProfile", f"there is no profile {profile!r}")
        replaces = wanted.get("replaces")
        if replaces is not None:
            self._check_replaced(replaces, account, names)
        order = self._records.add_order(account, names, profile)
        order.replaces = replaces
        return self._told_order(order, 201)

    def _check_replaced(self, name: str, account: Account, names: list[str]) -> None:
        """Raise Problem unless this order may replace that certificate (RFC 9773, section 5)."""
        former = self._records.by_id(name)
        if former is None or not self._rules.ari:
            raise Problem("malformed", f"there is no certificate {name!r} to replace")
        if former.account is not account or not set(former.names) & set(names):
            raise Problem("unauthorized", f"{name!r} is another's, or has other names", 403)
        if self._records.replaced(name):
            raise Problem("alreadyReplaced", f"{name!r} is replaced already", 409)

    async def _order(self, request: web.Request, signed: Signed, account: Account) -> web.Response:
        return self._told_order(self._own_order(request, signed, account), 200)

    def _own_order(self, request: web.Request, signed: Signed, account: Account) -> Order:
        order = self._records.orders.get(_number(request))
        if order is None or order.account is not account:
            raise Problem("malformed", "there is no such order", _NOT_FOUND)
        return order

    def _told_order(self, order: Order, status: int) -> web.Response:
        headers = {"Location": f"{self._base}/order/{order.number}"}
        if order.status in ("pending", "processing") and self._rules.poll_after is not None:
            headers["Retry-After"] = self._rules.poll_after
        return web.json_response(order.document(self._base), status=status, headers=headers)

    async def _finalize(
        self, request: web.Request, signed: Signed, account: Account
    ) -> web.Response:
        order = self._own_order(request, signed, account)
        if order.status != "ready":
            raise Problem("orderNotReady", f"the order is {order.status}", 403)
        try:
            octets = decode(_payload(signed).get("csr"), "csr")
            csr = x509.load_der_x509_csr(octets)
        except ValueError as error:
            raise Problem("badCSR", f"the CSR cannot be read: {error}") from error
        check_key(csr)
        if sorted(names_of(csr)) != sorted(order.names):
            raise Problem("badCSR", f"the CSR is for {names_of(csr)}, not {order.names}")
        if josepy.JWK.load(csr.public_key().public_bytes(*_SPKI)) == account.key:
            raise Problem("badCSR", "the certificate's key is that of the account")
        if self._rules.not_issued is not None:
            order.error = self._rules.not_issued
        elif self._rules.stuck == "processing":
            order.finalized = True
        else:
            self._records.issue(order, csr)
        return self._told_order(order, 200)

    async def _authorization(
        self, request: web.Request, signed: Signed, account: Account
    ) -> web.Response:
        one = self._records.authorizations.get(_number(request))
        if one is None or one.account is not account:
            raise Problem("malformed", "there is no such authorization", _NOT_FOUND)
        if signed.payload is not None and signed.payload.get("status") == "deactivated":
            one.status = "deactivated"
        return web.json_response(one.document(self._base), headers=self._polled(one.status))

    def _polled(self, status: str) -> dict[str, str]:
        if status != "pending" or self._rules.poll_after is None:
            return {}
        return {"Retry-After": self._rules.poll_after}

    async def _challenge(
        self, request: web.Request, signed: Signed, account: Account
    ) -> web.Response:
        one, challenge = self._records.challenges.get(_number(request), (None, None))
        if one is None or challenge is None or one.account is not account:
            raise Problem("malformed", "there is no such challenge", _NOT_FOUND)
        if signed.payload is not None:
            if one.status != "pending":
                raise Problem("malformed", f"the authorization is {one.status}")
            if challenge.status == "pending":
                challenge.status = "processing"
                task = asyncio.create_task(self._validate(one, challenge))
                self._validations.add(task)
                task.add_done_callback(self._validations.discard)
        headers = self._polled(one.status)
        headers["Link"] = f'<{self._base}/authorization/{one.number}>;rel="up"'
        return web.json_response(challenge.document(self._base), headers=headers)

    async def _validate(self, one: Authorization, challenge: Challenge) -> None:
        if self._rules.stuck == "pending":
            return
        try:
            if one.name in self._rules.refused:
                raise self._rules.refused[one.name]
            if challenge.type == HTTP_01 and self._rules.http_to is not None:
                await self._fetch(one, challenge, self._rules.http_to)
        except Problem as problem:
            challenge.error = problem
        challenge.status = one.status = "valid" if challenge.error is None else "invalid"

    async def _fetch(
        self, one: Authorization, challenge: Challenge, address: tuple[str, int]
    ) -> None:
        """Raise Problem unless the answer is there (RFC 8555, section 8.3)."""
        url = f"http://{address[0]}:{address[1]}/.well-known/acme-challenge/{challenge.token}"
        thumbprint = base64.urlsafe_b64encode(one.account.key.thumbprint()).decode().rstrip("=")
        host = f"[{one.name}]" if ":" in one.name else one.name
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(PATIENCE)) as session,
                session.get(url, headers={"Host": host}, allow_redirects=False) as response,
            ):
                content = await response.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Problem("connection", f"{url} cannot be fetched: {error}") from error
        if response.status != 200:
            raise Problem("unauthorized", f"{url} says {response.status}", 403)
        if content.rstrip() != f"{challenge.token}.{thumbprint}":
            raise Problem("unauthorized", f"{url} has a wrong key authorization", 403)

    async def _certificate(
        self, request: web.Request, signed: Signed, account: Account
    ) -> web.Response:
        order = self._records.certificates.get(int(request.match_info["serial"], 16))
        if order is None or order.certificate is None or order.account is not account:
            raise Problem("malformed", "there is no such certificate", _NOT_FOUND)
        number = int(request.match_info["chain"])
        chain = self._records.issuer.chain(order.certificate, number)
        response = web.Response(body=chain, content_type="application/pem-certificate-chain")
        here = request.path.rpartition("/")[0]
        for other in range(len(self._records.issuer.roots)):
            if other != number:
                response.headers.add("Link", f'<{self._base}{here}/{other}>;rel="alternate"')
        return response

    async def _revoke(self, request: web.Request) -> web.Response:
        signed = await self._read(request)
        wanted = _payload(signed)
        try:
            shown = x509.load_der_x509_certificate(decode(wanted.get("certificate"), "certificate"))
        except ValueError as error:
            raise Problem("malformed", "the certificate cannot be read") from error
        order = self._records.certificates.get(shown.serial_number)
        if order is None or order.certificate != shown:
            raise Problem("malformed", "there is no such certificate", _NOT_FOUND)
        by_account = signed.kid is not None and self._with_url(signed.kid) is order.account
        by_key = josepy.JWK.load(shown.public_key().public_bytes(*_SPKI)) == signed.key
        if not by_account and not by_key:
            raise Problem("unauthorized", "the certificate is another's", 403)
        reason = wanted.get("reason", 0)
        if reason not in (0, 1, 3, 4, 5):
            raise Problem("badRevocationReason", f"the reason is {reason!r}")
        if shown.serial_number in self._records.revoked:
            raise Problem("alreadyRevoked", "the certificate is revoked already")
        self._records.revoked[shown.serial_number] = reason
        return web.Response()

    async def _renewal(self, request: web.Request) -> web.Response:
        order = self._records.by_id(request.match_info["id"])
        if order is None or order.certificate is None or not self._rules.ari:
            raise Problem("malformed", "there is no such certificate", _NOT_FOUND)
        window = self._records.window(order.certificate)
        document: dict[str, Any] = {
            "suggestedWindow": {"start": rfc3339(window.start), "end": rfc3339(window.end)}
        }
        if window.explanation is not None:
            document["explanationURL"] = window.explanation
        return web.json_response(document, headers={"Retry-After": self._rules.renewal_retry_after})


def _payload(signed: Signed) -> dict[str, Any]:
    if signed.payload is None:
        raise Problem("malformed", "the payload is empty")
    found: dict[str, Any] = signed.payload
    return found


def _number(request: web.Request) -> int:
    number = request.match_info["number"]
    return int(number) if number.isdecimal() else 0
