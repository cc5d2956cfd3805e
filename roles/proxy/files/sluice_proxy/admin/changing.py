# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Batches are planned or made here, whichever path they came by; the log is told of them."""

from __future__ import annotations

import logging
from collections import Counter

from ..resources.model import Batch, Outcome
from ..resources.refusing import Refused
from ..store.failures import StoreFailed
from .edge import Edge, NotInForce
from .refusal import summary

_log = logging.getLogger("sluice_proxy.admin")
_MOST_NAMED = 5


class Changing:
    """Makes changes of the edge."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    async def outcome(self, batch: Batch, who: str, *, dry_run: bool) -> Outcome:
        """Return what a batch comes to, which is made unless it is a dry run. ``who`` asks."""
        if dry_run:
            return await self._edge.plan(batch)
        try:
            outcome = await self._edge.change(batch)
        except Refused as error:
            _log.info("%s: refused: %s", who, summary(error))
            raise
        except (NotInForce, StoreFailed) as error:
            _log.error("%s: not done: %s", who, error)
            raise
        if outcome.operations:
            log_change(who, told(outcome))
        return outcome


def log_change(who: str, what: str) -> None:
    """Tell the log of a change that was made."""
    _log.info("%s: %s", who, what)


def told(outcome: Outcome) -> str:
    """Return an outcome in one line, without any document."""
    operations = outcome.operations
    named = ", ".join(
        f"{one.verb.value} {one.subject.kind.value} {one.subject.id}"
        for one in operations[:_MOST_NAMED]
    )
    counts = Counter(one.verb.value for one in operations[_MOST_NAMED:])
    more = "".join(f", {verb} {count} more" for verb, count in sorted(counts.items()))
    return f"{named}{more}; revision {outcome.revision}"
