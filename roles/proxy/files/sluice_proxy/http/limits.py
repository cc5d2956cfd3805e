# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much of a head is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

_SHORTEST_LINE = len("a:\r\n")


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """Bounds of one head. Bytes include delimiters; a head at a bound is still accepted."""

    head_bytes: int = 32_768
    """The whole head, from the start line to the empty line: 431 beyond."""
    target_bytes: int = 8_192
    """The request-target: 414 beyond."""
    method_bytes: int = 32
    """The method: 501 beyond, as RFC 9112 section 3 asks."""
    field_bytes: int = 16_384
    """One field line, name and value: 431 beyond."""
    fields: int = 100
    """Field lines: 431 beyond."""

    quick_bytes: int = field(init=False, repr=False)
    """A head of no more bytes than this keeps every bound on bytes."""
    quick_fields: int = field(init=False, repr=False)
    """Field lines of no more bytes than this together keep the bound on their number."""

    def __post_init__(self) -> None:
        for name in ("head_bytes", "target_bytes", "method_bytes", "field_bytes", "fields"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: use at least 1")
        least = min(self.head_bytes, self.target_bytes, self.field_bytes)
        object.__setattr__(self, "quick_bytes", least)
        object.__setattr__(self, "quick_fields", self.fields * _SHORTEST_LINE)


DEFAULT_LIMITS = HeadLimits()
"""Limits for a caller that has no configuration."""
