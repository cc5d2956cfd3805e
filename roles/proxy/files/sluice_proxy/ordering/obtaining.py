# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One order at one authority, from the order to the chain (RFC 8555, section 7.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from ..acme.certificates.request import CertificateRequest, certificate_request, new_key
from ..acme.client import Client
from ..acme.failures import AcmeFailed, NotGranted, Problem
from ..acme.messages.model import Order, Status
from ..snapshot.issuing import CertificateAuthority, ChallengeType, KeyType
from .accounts.accounts import Accounts
from .authorizing import Authorizing, Shown
from .counting import Counting
from .model import Obtained, Wish
from .policies.problems import (
    ACCOUNT_REFUSED,
    NOT_REPLACED,
    Blame,
    Failure,
    failure_of,
    timed_out,
)
from .validating import Answering

MOST_SECONDS = 600.0
"""For an order with all that belongs to it."""
T = TypeVar("T")
_QUICK_KEYS = (KeyType.P256, KeyType.P384)


class NotIssued(RuntimeError):
    """An authority did not issue; ``shown`` says for which names validation went how."""

    def __init__(self, failure: Failure, shown: Shown | None = None) -> None:
        super().__init__(failure.said)
        self.failure = failure
        self.shown = shown or Shown()


class Obtaining:
    """Orders certificates, and shows control of their names."""

    def __init__(
        self,
        accounts: Accounts,
        answering: Answering,
        challenges: Sequence[ChallengeType],
        counting: Counting,
    ) -> None:
        self._accounts = accounts
        self._answering = answering
        self._challenges = challenges
        self._counting = counting

    async def obtain(
        self,
        authority: CertificateAuthority,
        wish: Wish,
        former: Obtained | None,
        failed_before: Mapping[str, int],
    ) -> tuple[Obtained, Shown]:
        """Return a certificate with a new key.

        ``former`` is the one that it takes the place of, ``failed_before`` counts failed
        validations by name. Raises NotIssued, Unreachable and LeaseLost.
        """
        self._counting.begun(authority.name)
        try:
            return await _in_time(self._obtain(authority, wish, former, failed_before))
        except NotIssued as error:
            refused = error
        except AcmeFailed as error:
            refused = NotIssued(failure_of(authority.name, error, validating=False))
        except TimeoutError:
            refused = NotIssued(timed_out(authority.name, MOST_SECONDS))
        self._counting.failed(authority.name, refused.failure.kind)
        raise refused

    async def _client(self, authority: CertificateAuthority) -> Client:
        """Return a client with an account; without one, no other name does any better."""
        try:
            return await self._accounts.client(authority)
        except AcmeFailed as error:
            failure = failure_of(authority.name, error, validating=False)
            raise NotIssued(replace(failure, down=True)) from None

    async def _obtain(
        self,
        authority: CertificateAuthority,
        wish: Wish,
        former: Obtained | None,
        failed_before: Mapping[str, int],
    ) -> tuple[Obtained, Shown]:
        client = await self._client(authority)
        try:
            order = await _ordered(client, authority, wish, former)
        except Problem as problem:
            if problem.kind not in ACCOUNT_REFUSED:
                raise
            other = await self._accounts.instead(authority, client)
            if other is None:
                raise
            client = other
            order = await _ordered(client, authority, wish, former)
        allowed = self._challenges if wish.challenge is None else (wish.challenge,)
        authorizing = Authorizing(client, authority.name, self._answering, allowed, self._counting)
        shown = await authorizing.show(order.authorizations, failed_before)
        if shown.failures:
            raise NotIssued(_worst(shown.failures), shown)
        request = await _request(wish)
        try:
            order = await client.finalize(await _ready(client, order), request)
            chain = await client.certificate(order, request, authority.preferred_chain)
        except AcmeFailed as error:
            # CAA may be looked at as late as this.
            raise NotIssued(failure_of(authority.name, error, validating=False), shown) from None
        return Obtained(wish, authority.name, chain, request.key), shown


async def _in_time(obtaining: Awaitable[T]) -> T:
    async with asyncio.timeout(MOST_SECONDS):
        return await obtaining


async def _ordered(
    client: Client, authority: CertificateAuthority, wish: Wish, former: Obtained | None
) -> Order:
    profile = wish.profile or authority.profile
    # Whoever did not issue it has nothing to do with it (RFC 9773, section 5).
    own = former is not None and former.authority == authority.name
    replaces = former.chain if former is not None and own else None
    try:
        return await client.new_order(wish.names, profile=profile, replaces=replaces)
    except Problem as problem:
        if problem.kind not in NOT_REPLACED or replaces is None:
            raise
        return await client.new_order(wish.names, profile=profile)


async def _ready(client: Client, order: Order) -> Order:
    """Return the order when the authority noticed that all is authorized, or soon after."""
    for pause in (0.0, 0.5, 1.0, 2.0, 4.0):
        await asyncio.sleep(pause)
        order = await client.order(order.url)
        if order.status is not Status.PENDING:
            break
    if order.status is Status.INVALID:
        raise order.error or NotGranted(f"the order {order.url} is {order.status}")
    return order


async def _request(wish: Wish) -> CertificateRequest:
    if wish.key_type in _QUICK_KEYS:
        return certificate_request(wish.names, new_key(wish.key_type))
    key = await asyncio.to_thread(new_key, wish.key_type)
    return certificate_request(wish.names, key)


def _worst(failures: Sequence[Failure]) -> Failure:
    """Return the failure to tell of: what is a name's fault is first to be put right."""
    ranks = list(Blame)
    worst = min(failures, key=lambda failure: ranks.index(failure.blame))
    others = len(failures) - 1
    return replace(worst, said=f"{worst.said} (and {others} more like it)") if others else worst
