# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Active health checks: what an answer means, and when it changes a target's standing."""

from __future__ import annotations

from collections.abc import Iterable

from sluice_proxy.routes.model.health import ActiveCheck


def complaint(
    check: ActiveCheck, status: int, fields: Iterable[tuple[str, str]], content: bytes
) -> str | None:
    """Return what is wrong with an answer, or None; every expectation that is set has to hold.

    Field names in any case; ``content`` has to contain the expected text, in UTF-8.
    """
    if status != check.expected_code:
        return f"status {status}, not {check.expected_code}"
    if check.expected_field is not None:
        name, value = check.expected_field
        values = [found.strip() for key, found in fields if key.lower() == name]
        if value not in values:
            return f"field {name} is {', '.join(values) or 'missing'}, not {value}"
    if check.expected_body and check.expected_body.encode() not in content:
        return f"content without {check.expected_body!r}"
    return None


class Standing:
    """Whether a target is healthy, by the checks so far; it starts healthy."""

    __slots__ = ("_against", "_fall", "_rise", "healthy")

    def __init__(self, check: ActiveCheck, *, healthy: bool = True) -> None:
        self._rise = check.rise
        self._fall = check.fall
        self._against = 0
        self.healthy = healthy

    def record(self, passed: bool) -> bool:
        """Count a check; return whether the target's health changed by it."""
        if passed == self.healthy:
            self._against = 0
            return False
        self._against += 1
        if self._against < (self._fall if self.healthy else self._rise):
            return False
        self.healthy = passed
        self._against = 0
        return True
