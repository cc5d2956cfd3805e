# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory that contents of requests may take, all together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .refusal import Refusal

MOST_BYTES = 64 * 1024 * 1024
_RETRY = {"Retry-After": "1"}


class Room:
    """Counts what requests have taken; each gives its own back at its end."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self.taken = 0

    @contextmanager
    def used(self) -> Iterator[None]:
        """Give back at the end of the block what ``take`` took in it, in the same task."""
        share = _Share(self)
        before = _share.set(share)
        try:
            yield
        finally:
            _share.reset(before)
            self.taken -= share.taken

    def grow(self, share: _Share, size: int) -> None:
        """Let a share have more; refuses when there is no room."""
        if self.taken + size > self._most:
            message = f"contents of more than {self._most} bytes are sent at once: try again"
            raise Refusal(503, message, headers=_RETRY, last=True)
        self.taken += size
        share.taken += size


class _Share:
    """What one request has taken."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.taken = 0


_share: ContextVar[_Share] = ContextVar("share")


def take(size: int) -> None:
    """Take room for the request that is answered; refuses with 503 when there is none."""
    share = _share.get()
    share.room.grow(share, size)
