# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Descriptors kept back: a process whose connections have taken all others can still be told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

RESERVED = 16
"""Descriptors that are kept back."""


class Reserve:
    """Holds ``count`` descriptors, and gives them free for a moment."""

    def __init__(self, count: int = RESERVED) -> None:
        self._count = count
        self._held: list[int] = []
        self._fill()

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Have the descriptors free within the block; what it keeps of them is missing later."""
        self.close()
        try:
            yield
        finally:
            self._fill()

    def close(self) -> None:
        """Give them free."""
        while self._held:
            os.close(self._held.pop())

    def _fill(self) -> None:
        try:
            while len(self._held) < self._count:
                self._held.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        except OSError:
            # As many as there are: the next time there may be more.
            return
