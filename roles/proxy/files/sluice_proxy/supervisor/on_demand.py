# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates for names that clients ask for first: who may have one, and that it comes once.

A name is looked at in this order: held, refused a moment ago, permitted, ordered.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from time import monotonic

from ..observe.metrics import Metrics
from ..ordering.model import NotObtained
from ..snapshot.issuing import OnDemand
from ..snapshot.snapshot import Snapshot
from .ask_url import AskFailed
from .demand_rules import Permission, Refusals, Rules, Why, is_certifiable

MOST_ASKED = 256
"""Names that wait for permission at once: who is slow to give it holds up no name of a route."""
MOST_ORDERED = 256
"""Names that are ordered at once."""

Order = Callable[[str], Awaitable[None]]
"""Has a certificate for a name; returns when it is there. Raises NotObtained."""
Ask = Callable[[str, str, float], Awaitable[bool]]
"""Returns whether a URL permits a name, within so many seconds. Raises AskFailed."""

_log = logging.getLogger("sluice_proxy.supervisor")


class OnDemandDesk:
    """Decides on names that workers ask for a certificate for, and has them ordered."""

    def __init__(self, order: Order, ask: Ask, clock: Callable[[], float] = monotonic) -> None:
        self._order = order
        self._ask = ask
        self._clock = clock
        self._rules: Rules | None = None
        self._refusals = Refusals()
        self._under_way: dict[str, asyncio.Task[bool]] = {}
        self._asking = self._ordering = 0
        self._changed = asyncio.Event()
        self._trouble = ""
        self.counts: Counter[str] = Counter()
        """What came of names without a certificate: ``issued``, or a Why."""

    def follow(self, snapshot: Snapshot, demanded: int) -> None:
        """Go on with what is in force now; ``demanded`` certificates of it were got on demand."""
        former, self._rules = self._rules, None
        settings = snapshot.issuing.on_demand
        if settings is not None:
            names = [one.hosts for one in snapshot.certificates]
            self._rules = Rules(settings, snapshot.routes, names, demanded)
            if not self._rules.permits_as(former):
                self._refusals.forget()
        self._changed.set()
        self._changed = asyncio.Event()

    async def certificate(self, name: str) -> bool:
        """Return whether a certificate for ``name`` is in force, if need be after it was got.

        Many who ask for one name wait for one order, which goes on without them.
        """
        rules = self._rules
        if rules is not None and rules.holds(name):
            return True
        task = self._under_way.get(name)
        if task is None:
            why = self._objection(rules, name)
            if why is not None or rules is None:
                self.counts[why or Why.OFF] += 1
                return False
            task = asyncio.get_running_loop().create_task(self._looked_at(rules, name))
            self._under_way[name] = task
            task.add_done_callback(lambda _done: self._under_way.pop(name))
        return await asyncio.shield(task)

    def metrics(self) -> Metrics:
        """Return what was counted."""
        counted = Metrics()
        for result, number in self.counts.items():
            counted.counters["sluice_on_demand_names_total", (("result", result),)] = number
        return counted

    async def close(self) -> None:
        """Look at nothing any more."""
        self._rules = None
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _objection(self, rules: Rules | None, name: str) -> Why | None:
        """Return why a name need not be looked at."""
        if rules is None:
            return Why.OFF
        if not is_certifiable(name):
            return Why.NO_NAME
        return Why.REMEMBERED if self._refusals.has(name, self._clock()) else None

    async def _looked_at(self, rules: Rules, name: str) -> bool:
        why: Why | None
        try:
            async with asyncio.timeout(rules.settings.wait):
                why = await self._got(rules, name)
        except TimeoutError:
            why = Why.SLOW
        except NotObtained:
            # Who orders has said why.
            why = Why.NOT_OBTAINED
        except AskFailed as failure:
            why = Why.ASK_FAILED
            self._tell(str(failure))
        self.counts[why or "issued"] += 1
        if why is not None:
            self._refusals.remember(name, why, self._clock())
        return why is None

    async def _got(self, rules: Rules, name: str) -> Why | None:
        permission = rules.permission(name)
        if permission is Permission.ASK and self._asking >= MOST_ASKED:
            return Why.BUSY
        if permission is Permission.REFUSED or (
            permission is Permission.ASK and not await self._permitted(rules.settings, name)
        ):
            return Why.NOT_PERMITTED
        if (self._rules or rules).is_full(self._ordering):
            return Why.TOO_MANY
        if self._ordering >= MOST_ORDERED:
            return Why.BUSY
        self._ordering += 1
        try:
            await self._order(name)
            # All workers have to serve it, before one of them goes on with a handshake.
            while self._rules is not None and not self._rules.holds(name):
                await self._changed.wait()
        finally:
            self._ordering -= 1
        return Why.OFF if self._rules is None else None

    async def _permitted(self, settings: OnDemand, name: str) -> bool:
        """Return whether the URL permits a name. Raises AskFailed."""
        if settings.ask is None:
            return False
        self._asking += 1
        try:
            permitted = await self._ask(settings.ask, name, settings.ask_timeout)
        finally:
            self._asking -= 1
        self._tell("")
        return permitted

    def _tell(self, trouble: str) -> None:
        """Say once that nobody can be asked, and once that it goes again."""
        if trouble and not self._trouble:
            _log.error("names get no certificate on demand: %s", trouble)
        elif self._trouble and not trouble:
            _log.warning("permission for names on demand is given again")
        self._trouble = trouble
