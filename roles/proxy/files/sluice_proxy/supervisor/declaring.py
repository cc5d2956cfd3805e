# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared, from the store into force: at the start, by changes, and by another file."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from ..admin.edge import NotInForce
from ..config.files import WholePaths
from ..config.loading import Base
from ..issuing.issuer import Issuer
from ..issuing.leaves import ISSUED, Leaf, encode_leaf
from ..issuing.wanting import DEMANDED, Trouble
from ..ordering.model import NotObtained
from ..resources.certifying import foresee, leaves_in
from ..resources.edition import Edition, with_versions
from ..resources.opening import open_edition, reread
from ..store.failures import StoreFailed
from ..store.items import NOTHING, Change, Contents, Key, Put
from .beside import Beside
from .composition import Composition, composed
from .enforcer import Enforcer, said
from .keeping_last_good import KeepingLastGood
from .kept import Begin, Kept
from .made_certificates import local_ca_days_left as days_left
from .made_certificates import news
from .worker import Refused

Clock = Callable[[], datetime]
"""Returns the moment with a time zone."""

_NOT_YET = "the proxy does not serve yet: try again in a moment"
_log = logging.getLogger("sluice_proxy.supervisor")


class Declaring:
    """Owns the store, and has its contents served together with the configuration file.

    ``changing`` is held while anything is put in force. ``begin`` is what threads do first.
    """

    def __init__(
        self,
        enforcer: Enforcer,
        beside: Beside,
        changing: asyncio.Lock,
        begin: Begin,
        issuer: Issuer,
        now: Clock,
    ) -> None:
        self.inherited: Contents = NOTHING
        """What a predecessor had in memory."""
        self.followers: list[Callable[[Composition], None]] = []
        """Told of what each change put in force."""
        self._enforcer = enforcer
        self._beside = beside
        self._changing = changing
        self._begin = begin
        self._issuer = issuer
        self._now = now
        self._composition: Composition | None = None
        self._kept: Kept | None = None
        self._undo: Sequence[Change] = ()
        """What the store has still to take back."""
        self._in_memory = False
        self._last_good = KeepingLastGood()

    @property
    def composition(self) -> Composition:
        """What is in force. Raises NotInForce as long as nothing is."""
        if self._composition is None:
            raise NotInForce(_NOT_YET)
        return self._composition

    @property
    def kept(self) -> Kept:
        """The store of what is in force. Raises NotInForce as long as nothing is."""
        if self._kept is None:
            raise NotInForce(_NOT_YET)
        return self._kept

    @property
    def trouble(self) -> str:
        """Why the store cannot be used now, empty when it can."""
        return "" if self._kept is None else self._kept.said

    @property
    def local_ca_days_left(self) -> float | None:
        """Days until the local CA expires, None where there is none."""
        composition = self._composition
        return None if composition is None else days_left(composition.settled, self._now())

    async def serve(self, base: Base, down: frozenset[tuple[str, str]] | None = None) -> None:
        """Put in force what the file says, with what is declared; ``changing`` is held.

        ``down`` are the targets that a predecessor found unhealthy. Raises InvalidConfig, OSError
        or Refused, and then all is as it was.
        """
        kept = await self._kept_for(base.snapshot.store)
        try:
            following = await self._beside(self._composed_anew, base, kept)
            if down is not None:
                self._enforcer.health.follow(following.snapshot.routes, down)
            await self._enforcer.put_in_force(following.snapshot)
        except BaseException:
            if kept is not self._kept:
                await _closed(kept)
            raise
        former, self._kept = self._kept, kept
        before, self._composition = self._composition, following
        if former is not kept:
            # What is in this one is in force.
            self._undo = ()
            if former is not None:
                await _closed(former)
            _tell(kept, following.edition)
            await _fill(kept)
        self._warn_of_memory(base)
        await self._keep_what_was_made(kept, following)
        self._last_good.write(kept)
        for line in news(None if before is None else before.settled, following.settled):
            _log.error("%s", line)

    def composed(self, edition: Edition, former: Composition) -> Composition:
        """Return what an edition comes to that goes on from a former one; makes certificates: not
        for the loop."""
        return composed(edition, former.leaves, self._issuer, self._now(), former.made)

    def foreseen(self, edition: Edition) -> Sequence[Trouble]:
        """Return which certificates of an edition could not be made; makes none."""
        return foresee(edition, self.composition.leaves, self._issuer, self._now())

    def adopt(self, following: Composition) -> None:
        """Take over what a change came to, that is kept and in force."""
        former, self._composition = self.composition, following
        self._last_good.write(self.kept)
        self._tell_of_certificates(former, following)

    async def put_back(self, undo: Sequence[Change]) -> None:
        """Have the store be again as it was when what is in force came there; what cannot be
        written now is taken back later."""
        self._undo = undo
        try:
            await self.take_back()
        except StoreFailed as failure:
            _log.error("as long as that is so, the store has what is not in force: %s", failure)

    async def take_back(self) -> None:
        """Take out of the store what is not in force, where that failed. Raises StoreFailed."""
        if self._undo:
            applied = await self.kept.apply(self._undo)
            self._undo = ()
            former = self.composition
            self._composition = replace(former, edition=with_versions(former.edition, applied))

    async def renew(self) -> None:
        """Make certificates anew that are due."""
        async with self._changing:
            if self._composition is None or self._kept is None:
                return
            with suppress(StoreFailed):
                await self.take_back()
            former = self._composition
            following = await self._beside(self.composed, former.edition, former)
            try:
                await self._go_on(former, following)
            except (OSError, Refused) as error:
                _log.error("renewed certificates are not in force: %s", said(error))

    async def take_in(self, leaves: Mapping[str, Leaf]) -> None:
        """Serve certificates that were ordered, by id, and keep them.

        Raises NotInForce, OSError or Refused, and then all is as it was.
        """
        async with self._changing:
            former = self.composition
            with suppress(StoreFailed):
                await self.take_back()
                former = self.composition
            following = await self._beside(self._with_leaves, former, leaves)
            await self._go_on(former, following)

    async def make_for(self, name: str) -> None:
        """Have a certificate made for a name that a client asks for, and serve it.

        Raises NotObtained when it cannot be made or served, and then all is as it was.
        """
        async with self._changing:
            former = self.composition
            following = await self._beside(self._asked_for, former, name)
            id_ = f"{DEMANDED}{name}"
            if id_ not in following.leaves:
                why = (one.message for one in following.troubles if one.wanted.id == id_)
                raise NotObtained(next(why, f"{name} may have no certificate"))
            try:
                await self._go_on(former, following)
            except (OSError, Refused) as error:
                raise NotObtained(said(error)) from error

    def _asked_for(self, former: Composition, name: str) -> Composition:
        now = self._now()
        return composed(
            former.edition, former.leaves, self._issuer, now, former.made, asked=(name,)
        )

    def _with_leaves(self, former: Composition, leaves: Mapping[str, Leaf]) -> Composition:
        """Return what was in force with other leaves; not for the loop."""
        missing = [Put(Key(ISSUED, name), encode_leaf(leaf)) for name, leaf in leaves.items()]
        held = {**former.leaves, **leaves}
        made = (*former.made, *missing)
        return composed(former.edition, held, self._issuer, self._now(), made)

    async def _go_on(self, former: Composition, following: Composition) -> None:
        """Put in force what differs by its certificates alone. Raises OSError or Refused."""
        if following.snapshot != former.snapshot:
            await self._enforcer.change_to(following.snapshot)
        self._composition = following
        await self._keep_what_was_made(self.kept, following)
        self._last_good.write(self.kept)
        self._tell_of_certificates(former, following)

    def _tell_of_certificates(self, former: Composition, following: Composition) -> None:
        for line in news(former.settled, following.settled):
            _log.error("%s", line)
        for follow in self.followers:
            follow(following)

    async def close(self) -> None:
        """Let go of the store."""
        await self._last_good.finish()
        if self._kept is not None:
            with suppress(StoreFailed):
                await self.take_back()
            await _closed(self._kept)

    async def open_again(self) -> None:
        """Go on with the store that was closed."""
        if self._kept is not None:
            self._kept = await Kept.open(self._kept.path, self._kept.contents, self._begin)

    def left(self) -> Contents:
        """Return what a successor cannot read by itself: what is in memory alone."""
        if self._kept is None or self._kept.path is not None:
            return NOTHING
        return self._kept.contents

    async def _kept_for(self, path: str | None) -> Kept:
        """Return the store for a file that names it: the one in use, if that can be used."""
        kept = self._kept
        if kept is not None and kept.path == path and not kept.said:
            return kept
        former = self.inherited if kept is None else kept.contents
        opened = await Kept.open(path, former, self._begin)
        if self._undo and kept is not None and kept.path == path:
            with suppress(StoreFailed):
                await opened.apply(self._undo)
                self._undo = ()
        return opened

    def _composed_anew(self, base: Base, kept: Kept) -> Composition:
        former = self._composition
        if former is not None:
            # Whatever the store has: the file must not take what is in force.
            edition, problems = reread(former.edition, base, WholePaths())
            if kept.contents == self.kept.contents:
                for problem in problems:
                    _log.warning("%s; it stays as it was", problem)
                return self.composed(edition, former)
        contents = kept.contents
        edition = open_edition(base, contents, WholePaths())
        return composed(edition, leaves_in(contents), self._issuer, self._now())

    def _warn_of_memory(self, base: Base) -> None:
        """Say once that changes are lost at the end."""
        in_memory = base.snapshot.admin is not None and base.snapshot.store is None
        if in_memory and not self._in_memory:
            _log.warning("what the API declares is lost at the end: set store in %s", base.file)
        self._in_memory = in_memory

    async def _keep_what_was_made(self, kept: Kept, following: Composition) -> None:
        try:
            applied = await kept.apply(following.made)
        except StoreFailed as failure:
            _log.warning("certificates that were made are lost at the end: %s", failure)
            return
        edition = with_versions(following.edition, applied)
        self._composition = replace(following, edition=edition, made=())


async def _fill(kept: Kept) -> None:
    try:
        await kept.fill()
    except StoreFailed as failure:
        _log.error("the store has nothing yet of what is served: %s", failure)


async def _closed(kept: Kept) -> None:
    try:
        await kept.close()
    except StoreFailed as failure:
        _log.warning("the store was not closed well: %s", failure)


def _tell(kept: Kept, edition: Edition) -> None:
    """Log how a store was found."""
    known = kept.known
    if known.failure is not None:
        served = (
            f"what was last good is served (revision {known.contents.revision})"
            if known.contents.items
            else "nothing that was declared is served"
        )
        _log.error("%s; %s, and nothing can be declared", known.failure, served)
    elif known.from_last_good and known.contents.items:
        _log.warning("%s is new: what was last good was put into it", kept.path)
    if known.note:
        _log.error("%s", known.note)
    for kind in edition.left_out.values():
        for out in kind.values():
            _log.error("%s; it is left out", out.problem)
