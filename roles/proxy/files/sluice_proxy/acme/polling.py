# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking again until what goes on at an authority has come to an end (RFC 8555, section 7.5.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, TypeVar

from .failures import NotGranted, TransportFailed
from .messages.model import Status
from .patience import Patience

MOST_FAILURES = 3
"""Questions in a row that may go without an answer: what goes on is not lost by one of them."""
_LONGER = 1.5


class Pending(Protocol):
    """What has a status."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def status(self) -> Status:
        """How it stands."""

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the authority wants to be asked again."""


Asked = TypeVar("Asked", bound=Pending)


async def settled(
    ask: Callable[[], Awaitable[Asked]],
    waiting: Collection[Status],
    patience: Patience,
    sleep: Callable[[float], Awaitable[None]],
) -> Asked:
    """Return what ``ask`` returns when its status is none of ``waiting`` any more.

    Raises NotGranted after pauses of ``patience.wait`` in all, and what ``ask`` raises.
    """
    waited = 0.0
    pause = patience.first
    failures = 0
    while True:
        wanted: float | None
        try:
            one = await ask()
        except TransportFailed as error:
            failures += 1
            if failures > MOST_FAILURES:
                raise
            wanted, last = error.retry_after, str(error)
        else:
            if one.status not in waiting:
                return one
            failures = 0
            wanted, last = one.retry_after, f"{one.url} is {one.status}"
        step = pause if wanted is None else min(max(wanted, patience.first), patience.most)
        if waited + step > patience.wait:
            raise NotGranted(f"not done after {patience.wait:g} s: {last}")
        await sleep(step)
        waited += step
        pause = min(pause * _LONGER, patience.longest)
