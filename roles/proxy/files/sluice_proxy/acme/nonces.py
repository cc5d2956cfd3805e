# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nonces for requests to come (RFC 8555, section 6.5)."""

from __future__ import annotations

from collections import deque

_MOST = 32


class Nonces:
    """The newest are used first, as authorities forget old ones; no more than 32 are kept."""

    def __init__(self) -> None:
        self._kept: deque[str] = deque(maxlen=_MOST)

    def put(self, nonce: str | None) -> None:
        """Keep a nonce that came with an answer, if one did."""
        if nonce is not None:
            self._kept.append(nonce)

    def take(self) -> str | None:
        """Return a nonce that nobody else gets, None when there is none."""
        return self._kept.pop() if self._kept else None

    def forget(self) -> None:
        """Keep none of those that are there: one of them was refused."""
        self._kept.clear()
