# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All ways to answer challenges, as one."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Protocol

from ...fleet.shared import Shared, Unreachable
from ...snapshot.issuing import Acme, ChallengeType, DnsHook
from ..validating import Answering, Challenge, NotAnswered, Validations
from .by_records import AnswersByRecords
from .finding import FoundAnswers
from .hook import HookRecords
from .published import Published

_log = logging.getLogger("sluice_proxy.ordering")


def answering(acme: Acme, shared: Shared) -> tuple[Answering, Validations]:
    """Return what answers challenges by ``shared`` and by what ``acme`` has, and what is told to an
    authority that comes to validate."""
    published = Published(shared)
    ways: dict[ChallengeType, Way] = {
        ChallengeType.HTTP_01: published,
        ChallengeType.TLS_ALPN_01: published,
    }
    by_records = _by_records(acme)
    if by_records is not None:
        ways[ChallengeType.DNS_01] = by_records
    return Answers(ways), FoundAnswers(published)


def _by_records(acme: Acme) -> AnswersByRecords | None:
    if acme.dns is None:
        return None
    if isinstance(acme.dns, DnsHook):
        return AnswersByRecords(HookRecords(acme.dns))
    # Only who sends updates loads what speaks DNS.
    from .dns_updates.updating import UpdatedRecords

    return AnswersByRecords(UpdatedRecords(acme.dns, acme.propagation))


class Way(Protocol):
    """Answers challenges of some types."""

    async def publish(self, challenge: Challenge) -> None:
        """Have it answered. Raises NotAnswered."""

    async def withdraw(self, challenge: Challenge) -> None:
        """Answer no more. Raises NotAnswered and Unreachable."""


class Answers(Answering):
    """Answers each challenge the way that its type has."""

    def __init__(self, ways: Mapping[ChallengeType, Way]) -> None:
        self._ways = ways

    @property
    def types(self) -> Collection[ChallengeType]:
        """Those that can be answered here."""
        return tuple(self._ways)

    async def publish(self, challenge: Challenge) -> None:
        """Have any node of the fleet answer. Raises NotAnswered."""
        way = self._ways.get(challenge.type)
        if way is None:
            raise NotAnswered(
                f"{challenge.type.value} cannot be answered for {challenge.identifier}:"
                " issuing.acme.dns is not set"
            )
        try:
            await way.publish(challenge)
        except Unreachable as unreachable:
            raise NotAnswered(
                f"the answer to {challenge.type.value} for {challenge.identifier} cannot be shared:"
                f" {unreachable}"
            ) from None

    async def withdraw(self, challenge: Challenge) -> None:
        """Answer no more; what is gone is no error, and what fails is logged."""
        way = self._ways.get(challenge.type)
        if way is None:
            return
        try:
            await way.withdraw(challenge)
        except (NotAnswered, Unreachable) as error:
            _log.warning(
                "the answer to %s for %s stays where it is: %s",
                challenge.type.value,
                challenge.identifier,
                error,
            )
