# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loop whose clock goes on by itself as soon as nothing is left to do: days pass at once."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

START = 1_800_000_000.0
"""When it begins, in seconds since 1970."""
MOST = 400 * 86_400.0
"""Seconds that may pass in one scenario."""
_REAL = 5.0
"""Real seconds for which a thread is waited for when nothing else is left to do."""
T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(_REAL if timeout is None else 0)
        if timeout is None and not events:
            raise RuntimeError("nothing is left to do, and nothing will happen")
        if not events:
            self.passed += max(timeout or 0.0, 0.0)
        return events


class VirtualTime(asyncio.SelectorEventLoop):
    """A loop with a clock of its own, for work that waits for nothing but time."""

    def __init__(self) -> None:
        self._clockwork = _Selector()
        super().__init__(self._clockwork)

    def time(self) -> float:
        """Return the seconds since it began."""
        return self._clockwork.passed


def now() -> float:
    """Return the moment, in seconds since 1970."""
    return START + asyncio.get_running_loop().time()


def pass_time(scenario: Coroutine[Any, Any, T]) -> T:
    """Return what ``scenario`` returns, in virtual time."""

    async def bounded() -> T:
        async with asyncio.timeout(MOST):
            return await scenario

    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        return runner.run(bounded())
