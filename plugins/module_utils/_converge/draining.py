# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drain that failed, as users see it: what was waited for, and what was put back."""

from __future__ import annotations

from typing import Any, Dict, List, Protocol, Sequence

from .errors import Refused


class Drained(Protocol):
    """What was waited for."""

    def as_result(self) -> Dict[str, Any]:
        """Return the entry of the module's ``drained`` list."""


class DrainTimeout(Refused):
    """Something was in use for longer than the task waits, so that it was put back."""

    def __init__(
        self,
        message: str,
        drained: Sequence[Drained],
        undone: Sequence[str],
        not_undone: Sequence[str],
    ) -> None:
        super().__init__(message, undone, not_undone)
        self.drained = list(drained)

    def as_result(self) -> Dict[str, Any]:
        drained = [each.as_result() for each in self.drained]
        return dict(super().as_result(), drained=drained)


def with_undone(error: Exception, undone: List[str], kept: List[str]) -> Exception:
    """Return an error that also says how putting back went; ``kept`` is what could not be."""
    if not undone and not kept:
        return error
    before = (error.undone, error.not_undone) if isinstance(error, Refused) else ([], [])
    message = "%s; the drain was undone" % error
    if kept:
        message = "%s; NOT undone: %s" % (error, "; ".join(kept))
    return Refused(message, before[0] + undone, before[1] + kept)
