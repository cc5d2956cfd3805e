# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Showing control of the names of an order, side by side (RFC 8555, section 7.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..acme.client import Client
from ..acme.failures import AcmeFailed
from ..acme.messages.model import Authorization, Status
from ..acme.messages.model import Challenge as Offered
from ..acme.signing.jws import key_authorization
from ..snapshot.issuing import ChallengeType
from .counting import Counting
from .policies.problems import Failure, NotSetUp, failure_of, not_answered
from .policies.rotation import NoChallenge, choose
from .validating import Answering, Challenge, NotAnswered

AT_ONCE = 5
"""Names of an order that are validated at once."""
WITHDRAWING = 60.0
"""Seconds for which withdrawing an answer is waited for."""


@dataclass(slots=True)
class Shown:
    """How it went: names that are ``valid``, those whose validation failed, and why."""

    valid: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


class Authorizing:
    """Has the names of orders validated by one authority."""

    def __init__(
        self,
        client: Client,
        authority: str,
        answering: Answering,
        allowed: Sequence[ChallengeType],
        counting: Counting,
    ) -> None:
        self._client = client
        self._authority = authority
        self._answering = answering
        self._allowed = allowed
        self._counting = counting

    async def show(self, urls: Sequence[str], failed_before: Mapping[str, int]) -> Shown:
        """Show control for the authorizations at ``urls``.

        ``failed_before`` counts failed validations by name. All are gone through, so that each
        name that fails is known.
        """
        shown = Shown()
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(url: str) -> None:
            async with turns:
                await self._show(url, failed_before, shown)

        async with asyncio.TaskGroup() as group:
            for url in urls:
                group.create_task(one(url))
        # Whichever came to its end first.
        shown.failures.sort(key=lambda failure: failure.said)
        return shown

    async def _show(self, url: str, failed_before: Mapping[str, int], shown: Shown) -> None:
        try:
            authorization = await self._client.authorization(url)
        except AcmeFailed as error:
            shown.failures.append(failure_of(self._authority, error, validating=False))
            return
        name = _name(authorization)
        if authorization.status is Status.VALID:
            shown.valid.append(name)
            return
        try:
            offered = self._offered(name, authorization, failed_before.get(name, 0))
        except NoChallenge as error:
            shown.failures.append(
                failure_of(self._authority, NotSetUp(str(error)), validating=False)
            )
            return
        failure = await self._answer(authorization, offered)
        self._counting.validated(ChallengeType(offered.type), succeeded=failure is None)
        if failure is None:
            shown.valid.append(name)
        else:
            shown.failed.append(name)
            shown.failures.append(failure)

    def _offered(self, name: str, authorization: Authorization, failed: int) -> Offered:
        offered = {one.type: one for one in authorization.challenges}
        type_ = choose(name, self._allowed, self._answering.types, offered, failed)
        return offered[type_]

    async def _answer(self, authorization: Authorization, offered: Offered) -> Failure | None:
        challenge = Challenge(
            ChallengeType(offered.type),
            authorization.identifier.value,
            offered.token,
            key_authorization(offered.token, self._client.key),
        )
        try:
            await self._answering.publish(challenge)
            await self._client.respond(offered)
            await self._client.wait_for_authorization(authorization.url)
        except NotAnswered as error:
            return not_answered(self._authority, str(error))
        except AcmeFailed as error:
            return failure_of(self._authority, error, validating=True)
        finally:
            # Also of what was published in part, and when the order is given up.
            await self._withdraw(challenge)
        return None

    async def _withdraw(self, challenge: Challenge) -> None:
        try:
            async with asyncio.timeout(WITHDRAWING):
                await self._answering.withdraw(challenge)
        except TimeoutError:
            # It is gone by itself when its time is over.
            return


def _name(authorization: Authorization) -> str:
    value = authorization.identifier.value
    return f"*.{value}" if authorization.wildcard else value
