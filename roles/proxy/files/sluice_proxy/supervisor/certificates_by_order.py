# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that are ordered: what is wished for goes to who orders, what was obtained comes
into force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from ..admin.edge import NotOrdered, NotRevoked
from ..fleet.shared import Shared
from ..issuing.issuer import Settled
from ..issuing.leaves import BadLeaf, Leaf, ordered_leaf
from ..issuing.terms import Terms
from ..issuing.wanting import DEMANDED, Wanted, called
from ..ordering.counting import Numbers
from ..ordering.keeping import Arrived, Keeping
from ..ordering.model import NotObtained, Obtained, OrderState, Wish
from ..ordering.validating import Validations
from ..snapshot.fleet import Redis
from ..snapshot.issuing import Acme, Provider
from ..snapshot.snapshot import Snapshot

_log = logging.getLogger("sluice_proxy.supervisor")


@dataclass(frozen=True, slots=True)
class Setting:
    """What of a configuration says how certificates are ordered; ``store`` is the file of a node
    that is alone."""

    acme: Acme
    fleet: Redis | None
    store: str | None


@dataclass(frozen=True, slots=True)
class Means:
    """What orders certificates in a Setting: ``numbers`` returns what was counted, ``close`` ends
    all of it."""

    shared: Shared
    keeping: Keeping
    validations: Validations
    numbers: Callable[[], Numbers]
    close: Callable[[], Awaitable[None]]


Open = Callable[[Setting, Arrived], Means]
"""Returns the means of a setting; what cannot be reached is told as their trouble later."""
TakeIn = Callable[[Mapping[str, Leaf]], Awaitable[None]]
"""Puts leaves in force; see ``Declaring.take_in``."""
MakeFor = Callable[[str], Awaitable[None]]
"""Makes a certificate for a name; see ``Declaring.make_for``."""


class OrderedCertificates:
    """Has certificates ordered as the configuration in force says.

    ``open_means`` makes what orders; ``take_in`` puts in force what was obtained. ``make_for`` has
    a certificate for a name made and in force where nothing is ordered.
    """

    def __init__(self, open_means: Open, take_in: TakeIn, make_for: MakeFor) -> None:
        self._open = open_means
        self._take_in = take_in
        self._make_for = make_for
        self._setting: Setting | None = None
        self._means: Means | None = None
        self._wanted: Mapping[str, Wanted] = {}
        self._held: Mapping[str, Obtained] = {}
        self._on_demand = False
        self._coming: dict[str, Leaf] = {}
        self._turn = asyncio.Lock()

    async def serve(self, snapshot: Snapshot, settled: Settled) -> None:
        """Order what ``settled`` wishes for as ``snapshot`` says: both are in force."""
        setting, former = setting_of(snapshot), self._setting
        if setting != former:
            await self.close()
            if setting is not None:
                self._means = self._open(setting, self._arrived)
            self._setting = setting
        self._on_demand = snapshot.issuing.on_demand is not None
        self.follow(settled)
        if former is not None and setting != former:
            await self._try_again()

    def follow(self, settled: Settled) -> None:
        """Order what ``settled`` wishes for from now on."""
        self._wanted = settled.wishes
        if self._means is None:
            return
        wishes = {name: wish_of(wanted) for name, wanted in settled.wishes.items()}
        self._held = {
            name: obtained_of(wish, settled.leaves[name])
            for name, wish in wishes.items()
            if name in settled.leaves and settled.leaves[name].serves(settled.wishes[name])
        }
        self._means.keeping.wish(wishes, self._held)

    def state(self, name: str) -> OrderState | None:
        """Return how the order for a certificate stands, None where none is wished for."""
        if self._means is None or name not in self._wanted:
            return None
        return self._means.keeping.state(name)

    async def demand(self, name: str) -> None:
        """Have a certificate for a host name that a client waits for, and return when it is in
        force. Raises NotObtained."""
        if self._means is None or self._setting is None:
            await self._make_for(name)
            return
        wish = Wish((name,), self._setting.acme.key_type)
        await self._means.keeping.demand(f"{DEMANDED}{name}", wish)

    async def renew(self, name: str) -> None:
        """Order a certificate anew. Raises NotOrdered."""
        if self._means is None or name not in self._wanted:
            raise NotOrdered(f"{called(name)} is none that is ordered")
        try:
            await self._means.keeping.renew(name)
        except KeyError:
            raise NotOrdered(f"{called(name)} is none that is ordered") from None

    async def revoke(self, name: str, reason: str) -> None:
        """Have the authority revoke what is held. Raises NotOrdered, or NotRevoked."""
        held = self._held.get(name)
        if self._means is None or held is None:
            raise NotOrdered(f"{called(name)} is none that an authority issued")
        try:
            await self._means.keeping.revoke(held, reason)
        except NotObtained as error:
            raise NotRevoked(str(error)) from error

    @property
    def validations(self) -> Validations | None:
        """Who knows what a certificate authority is to be told."""
        return None if self._means is None else self._means.validations

    @property
    def numbers(self) -> Numbers:
        """What was counted of orders since the configuration last changed how they are made."""
        return Numbers() if self._means is None else self._means.numbers()

    @property
    def keeping(self) -> Keeping | None:
        """Who orders certificates, None where nothing is ordered."""
        return None if self._means is None else self._means.keeping

    @property
    def shared(self) -> Shared | None:
        """What nodes share, None where nothing is ordered."""
        return None if self._means is None else self._means.shared

    @property
    def fleet(self) -> Redis | None:
        """The server that nodes share by, None for a node alone."""
        return None if self._setting is None else self._setting.fleet

    async def close(self) -> None:
        """Order nothing more, and leave what is under way to other nodes, or to a later time."""
        means, self._means, self._setting = self._means, None, None
        self._held = {}
        if means is not None:
            await means.close()

    async def _try_again(self) -> None:
        """Order what is missing now: why it failed may have been mended."""
        if self._means is not None:
            for name in self._wanted:
                if name not in self._held:
                    await self._means.keeping.renew(name)

    async def _arrived(self, obtained: Mapping[str, Obtained]) -> None:
        for name, one in obtained.items():
            leaf = self._leaf(name, one)
            if leaf is not None:
                self._coming[name] = leaf
        # Those that come meanwhile are put in force as one.
        async with self._turn:
            if self._coming.keys().isdisjoint(obtained):
                return
            coming, self._coming = self._coming, {}
            try:
                await self._take_in(coming)
            except BaseException:
                self._coming = {**coming, **self._coming}
                raise

    def _leaf(self, name: str, obtained: Obtained) -> Leaf | None:
        """Return the leaf of what was obtained, None where nobody wishes for it any more."""
        wish = obtained.wish
        terms = Terms(wish.key_type, wish.authority, wish.profile)
        try:
            leaf = ordered_leaf(wish.names, terms, obtained.authority, obtained.chain, obtained.key)
        except BadLeaf as bad:
            _log.error("%s, of %s: %s", called(name), obtained.authority, bad)
            return None
        wanted = self._wanted.get(name)
        if wanted is None:
            return leaf if self._on_demand and name == f"{DEMANDED}{wish.names[0]}" else None
        return leaf if leaf.serves(wanted) else None


def setting_of(snapshot: Snapshot) -> Setting | None:
    """Return how certificates are ordered, None where they are not."""
    issuing = snapshot.issuing
    if issuing.provider is not Provider.ACME or issuing.acme is None:
        return None
    return Setting(issuing.acme, snapshot.fleet, snapshot.store)


def wish_of(wanted: Wanted) -> Wish:
    """Return what who orders is told of a certificate."""
    terms = wanted.terms or Terms()
    return Wish(wanted.names, terms.key_type, terms.authority, wanted.challenge, terms.profile)


def obtained_of(wish: Wish, leaf: Leaf) -> Obtained:
    """Return a certificate that is held as who orders has it."""
    return Obtained(wish, leaf.authority, leaf.issued.chain, leaf.issued.key)
