# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What did not converge and what was taken back, in the words of every kind."""

from __future__ import annotations

from typing import Any, List

from .resource import Operation


def difference(operation: Operation[Any]) -> str:
    """Return what the operation that is still to be done says of wanted and found."""
    found = operation.before.line() if operation.before is not None else "nothing"
    wanted = operation.after.line() if operation.after is not None else "nothing"
    return "%s did not converge: wanted %s, found %s; another program may be changing it" % (
        operation.subject.name,
        wanted,
        found,
    )


def undo_summary(undone: List[str], kept: List[str]) -> str:
    """Return how taking back went; ``kept`` has what could not be undone, with the reasons."""
    if kept:
        return "%d operations undone, NOT undone: %s" % (len(undone), "; ".join(kept))
    if undone:
        return "everything done before was undone"
    return "nothing was changed"
