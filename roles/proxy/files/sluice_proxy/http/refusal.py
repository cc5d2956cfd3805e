# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a message is refused."""

from __future__ import annotations


class BadMessage(Exception):
    """A message that must not be forwarded. ``status`` answers it, ``reason`` explains it."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status}: {reason}")
        self.status = status
        self.reason = reason


class BadRequest(BadMessage):
    """A request to answer with ``status`` (4xx or 5xx); its connection is closed after that."""


class BadResponse(BadMessage):
    """A response that no client may see: 502 instead; the upstream connection is closed."""

    def __init__(self, reason: str) -> None:
        super().__init__(502, reason)


class BadField(Exception):
    """A field line that breaks the grammar, before it is known whose message it is in.

    ``status`` is 400, or 431 when it is too large; a gate turns it into its own refusal.
    """

    def __init__(self, reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
