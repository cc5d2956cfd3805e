# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes over the API: kept in the store one by one, and put in force as many as wait."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..admin.edge import NotInForce
from ..config.files import WholePaths
from ..resources.certifying import refuse_unmade
from ..resources.edition import Edition
from ..resources.model import Batch, Outcome
from ..resources.planning import Plan, finished, plan
from ..resources.refusing import Refused as RefusedChange
from ..store.failures import StoreFailed
from ..store.items import Change, Key
from .beside import Beside
from .composition import Composition
from .declaring import Declaring
from .enforcer import Enforcer, said
from .worker import Refused

MOST_IN_A_TURN = 100
"""Changes that are put in force together: a snapshot of many routes takes its time."""
MOST_WAITING = 1000
"""Changes that wait for their turn: clients may have given up and sent theirs again."""

_log = logging.getLogger("sluice_proxy.supervisor")


@dataclass(slots=True, eq=False)
class _Waiting:
    """A change that somebody waits for."""

    batch: Batch
    done: asyncio.Future[Outcome]

    def answer(self, result: Outcome | Exception) -> None:
        """Tell who waits, if anybody still does."""
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
        else:
            self.done.set_result(result)


class Changes:
    """Makes changes in the order in which they came; ``changing`` is as for Declaring."""

    def __init__(
        self, declaring: Declaring, enforcer: Enforcer, beside: Beside, changing: asyncio.Lock
    ) -> None:
        self._declaring = declaring
        self._enforcer = enforcer
        self._beside = beside
        self._changing = changing
        self._ends = False
        self._waiting: deque[_Waiting] = deque()
        self._turns: asyncio.Task[None] | None = None

    async def change(self, batch: Batch) -> Outcome:
        """Keep and serve what a batch asks for; see Edge. Who is cancelled does not know: it is
        done nevertheless."""
        if self._ends:
            raise NotInForce("the proxy is ending: nothing was changed")
        if len(self._waiting) >= MOST_WAITING:
            raise NotInForce(f"{len(self._waiting)} changes wait already: try again in a moment")
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._turns is None:
            self._turns = asyncio.create_task(self._take_turns())
        return await asyncio.shield(waiting.done)

    async def plan(self, batch: Batch) -> Outcome:
        """Return what ``change`` would come to, and change nothing; see Edge."""
        planned = await self._beside(self._foreseen, batch, self._declaring.composition.edition)
        return planned.outcome

    async def finish(self) -> None:
        """Let what is under way become done, and refuse what waits."""
        self._ends = True
        while self._waiting:
            ending = NotInForce("the proxy is ending: nothing was changed")
            self._waiting.popleft().answer(ending)
        if self._turns is not None:
            await self._turns

    async def _take_turns(self) -> None:
        try:
            while self._waiting:
                async with self._changing:
                    count = min(len(self._waiting), MOST_IN_A_TURN)
                    turn = [self._waiting.popleft() for _unused in range(count)]
                    try:
                        await self._turn(turn)
                    except Exception as error:  # noqa: BLE001 - nobody waits for ever
                        _log.exception("changes failed")
                        for one in turn:
                            one.answer(error)
        finally:
            self._turns = None

    async def _turn(self, turn: Sequence[_Waiting]) -> None:
        """Make changes, each in the store by itself, and put them in force as one."""
        try:
            await self._declaring.take_back()
            former = self._declaring.composition
        except (NotInForce, StoreFailed) as error:
            for one in turn:
                one.answer(error)
            return
        following, results, undo = await self._keep(turn, former)
        try:
            if following.snapshot != former.snapshot:
                await self._enforcer.change_to(following.snapshot)
        except Exception as error:  # noqa: BLE001 - the store must not have what is not served
            if not isinstance(error, OSError | Refused):
                _log.exception("a change could not be put in force")
            await self._declaring.put_back(undo)
            # Workers that do not answer do not say whose fault it is, and each try takes long.
            if len(turn) == 1 or isinstance(error, TimeoutError):
                for one in turn:
                    one.answer(NotInForce(said(error)))
                return
            # One of them is to blame: each by itself.
            for one in turn:
                await self._turn([one])
            return
        self._declaring.adopt(following)
        for one, result in zip(turn, results, strict=True):
            one.answer(result)

    async def _keep(
        self, turn: Sequence[_Waiting], former: Composition
    ) -> tuple[Composition, list[Outcome | Exception], list[Change]]:
        """Return what is to be in force, what each change came to, and what undoes them all."""
        following = former
        results: list[Outcome | Exception] = []
        undo: dict[Key, Change] = {}
        for one in turn:
            try:
                following, outcome = await self._make(one.batch, following, undo)
            except (RefusedChange, StoreFailed) as error:
                results.append(error)
            except Exception as error:  # noqa: BLE001 - it is told, and the others go on
                _log.exception("a change failed")
                results.append(error)
            else:
                results.append(outcome)
        return following, results, list(undo.values())

    async def _make(
        self, batch: Batch, former: Composition, undo: dict[Key, Change]
    ) -> tuple[Composition, Outcome]:
        """Keep a change; return what is to be in force then. ``undo`` gets what brings back what
        the store had before all changes of a turn."""
        planned = await self._beside(plan, former.edition, batch, WholePaths())
        if not planned.changes:
            return former, planned.outcome
        following = await self._beside(self._following, planned, former)
        kept = self._declaring.kept
        changes = [*planned.changes, *following.made]
        back = kept.back([change.key for change in changes])
        applied = await kept.apply(changes)
        for change in back:
            undo.setdefault(change.key, change)
        edition, outcome = finished(replace(planned, edition=following.edition), applied)
        return replace(following, edition=edition, made=()), outcome

    def _foreseen(self, batch: Batch, edition: Edition) -> Plan:
        planned = plan(edition, batch, WholePaths())
        if planned.operations:
            refuse_unmade(self._declaring.foreseen(planned.edition), planned.operations)
        return planned

    def _following(self, planned: Plan, former: Composition) -> Composition:
        following = self._declaring.composed(planned.edition, former)
        refuse_unmade(following.troubles, planned.operations)
        return following
