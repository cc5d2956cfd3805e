# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a request that failed may be sent again (RFC 9110, section 9.2.2; RFC 9112, 9.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from sluice_proxy.routes.model.policies import RetryOn, RetryPolicy

_SAVED_SECONDS = 10.0
"""For how many seconds the reserve of retries adds up."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One sending that failed.

    ``sent`` says whether any byte of the request left; ``replayable`` whether its content is still
    whole at hand, as that of a request without any is; ``answered`` whether a byte of a final
    response has gone to the client.
    """

    reason: RetryOn
    method: str
    attempt: int
    sent: bool
    replayable: bool
    answered: bool = False


def may_retry(policy: RetryPolicy, failure: Failure) -> bool:
    """Return whether the request may go to another target, or to the same one once more.

    A request that no byte was sent of did nothing, whatever its method. Any other may have done
    its work, so it is sent again only if doing it twice does no more than once.
    """
    if failure.answered or not failure.replayable or failure.attempt >= policy.attempts:
        return False
    if failure.reason not in policy.on:
        return False
    return not failure.sent or failure.method in policy.methods


class RetryBudget:
    """Bounds retries to a part of the requests, so that they cannot finish off a weak upstream."""

    __slots__ = ("_filled", "_left", "_most", "_part", "_reserve")

    def __init__(self, policy: RetryPolicy, now: float) -> None:
        self._part = policy.budget
        self._reserve = policy.reserve
        # What a hundred requests of late have earned, above the reserve.
        # A small budget has to add up to one retry, too.
        self._most = max(1.0, policy.reserve * _SAVED_SECONDS + policy.budget * 100)
        self._left = policy.reserve * _SAVED_SECONDS
        self._filled = now

    def earn(self) -> None:
        """Count a request that was sent for the first time."""
        left = self._left + self._part
        self._left = left if left < self._most else self._most

    def spend(self, now: float) -> bool:
        """Take one retry out of the budget; return False when there is none left."""
        self._left = min(self._most, self._left + (now - self._filled) * self._reserve)
        self._filled = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
