# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Has the certificates there that are wanted: makes them and renews them in time, or says which
are to be ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from ..snapshot.issuing import Issuing, Provider
from .authority import (
    Authority,
    AuthorityPem,
    BadAuthority,
    CannotIssue,
    new_authority,
    read_authority,
    self_signed,
)
from .authority_folder import is_there, load_or_make
from .duties import Duty, duties, superseded
from .leaves import Leaf, encode_leaf
from .mkcert import load_mkcert
from .terms import Terms, has_wildcard, hindrance
from .wanting import DEMANDED, Demand, Trouble, Wanted, decide, demanded

LOOKED_AT = 3600.0
"""Seconds between two looks at whether a certificate is to be renewed."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What there is after the certificates were made that a Demand comes to.

    ``leaves`` is by id, in the order in which they are shown. ``put`` has the documents that are
    new, ``removed`` the ids of those that have no use any more: both are of the kind ISSUED of the
    store. ``authority`` is None where the CA is not needed or cannot be used; ``trouble`` says why
    it cannot. ``wishes`` are the certificates by id that are to be ordered, be they held or not.
    """

    leaves: Mapping[str, Leaf]
    put: Mapping[str, bytes] = field(repr=False)
    removed: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    authority: Authority | None
    trouble: str
    wishes: Mapping[str, Wanted] = field(default_factory=dict)


class Issuer:
    """Makes certificates, and the CA where one is needed.

    ``environ`` is where mkcert is looked for; ``host`` is called in the name of a new CA.
    """

    def __init__(self, environ: Mapping[str, str], host: str) -> None:
        self._environ = environ
        self._host = host

    def settle(
        self, demand: Demand, held: Mapping[str, Leaf], now: datetime, *, dry_run: bool = False
    ) -> Settled:
        """Return what is there once everything is made that is wanted and not among ``held``;
        ``now`` has a time zone. With ``dry_run`` no CA is made either.

        Nothing is kept by this: whoever calls it keeps ``put`` and ``removed``, and hands
        ``leaves`` in the next time, or the former ones if nothing came of it. Apart from a CA that
        was made, nothing has changed then. What cannot be made is among the troubles; a former
        leaf that has not expired stays. One by ACME is not made but wished for. Reads files and
        takes a millisecond for each new leaf: not for a loop.
        """
        wanted, troubles = decide(demand)
        authority, trouble = self._authority(demand.issuing, wanted, now, dry_run)
        of_authority = None if authority is None else authority.fingerprint
        settling = _Settling(demand.issuing, authority, trouble, now, troubles)
        for duty in duties(wanted, held, of_authority, now):
            settling.carry_out(duty)
        leaves = settling.leaves
        leaves.update(superseded(wanted, held, _shown(demand, leaves), now))
        shown = _shown(demand, leaves)
        ids = (*held, *(f"{DEMANDED}{name}" for name in demand.asked))
        for duty in duties(demanded(demand, ids, shown), held, of_authority, now):
            # One that expired is ordered again when somebody asks for it.
            if duty.leaf is not None or duty.wanted.provider is not Provider.ACME:
                settling.carry_out(duty)
        removed = tuple(name for name in held if name not in leaves)
        return Settled(
            leaves, settling.put, removed, tuple(troubles), authority, trouble, settling.wishes
        )

    def _authority(
        self, issuing: Issuing, wanted: list[Wanted], now: datetime, dry_run: bool
    ) -> tuple[Authority | None, str]:
        """Return the CA where it is needed, or why it cannot be used."""
        # Where routes get their certificates of it, people want to trust it before the first one.
        needed = issuing.provider is Provider.LOCAL_CA or any(
            one.provider is Provider.LOCAL_CA for one in wanted
        )
        if not needed:
            return None, ""

        def make() -> AuthorityPem:
            return new_authority(now, host=self._host)

        try:
            found = load_mkcert(self._environ) if issuing.mkcert else None
            folder = Path(issuing.folder)
            if found is None and dry_run and not is_there(folder):
                found = read_authority(make())
            return found or load_or_make(folder, make), ""
        except BadAuthority as bad:
            return None, str(bad)


class _Settling:
    """What comes of duties, one after the other; ``troubles`` gets those that cannot be done."""

    def __init__(
        self,
        issuing: Issuing,
        authority: Authority | None,
        trouble: str,
        now: datetime,
        troubles: list[Trouble],
    ) -> None:
        self.leaves: dict[str, Leaf] = {}
        self.put: dict[str, bytes] = {}
        self.wishes: dict[str, Wanted] = {}
        self._issuing = issuing
        self._authority = authority
        self._trouble = trouble
        self._now = now
        self._troubles = troubles

    def carry_out(self, duty: Duty) -> None:
        """Make what is to be made, or wish for it, and have what can be shown."""
        name, leaf = duty.wanted.id, duty.leaf
        if duty.wanted.provider is Provider.ACME:
            hindered = _hindered(duty, self._issuing)
            if hindered is None:
                self.wishes[name] = duty.wanted
            else:
                self._troubles.append(hindered)
        elif duty.make:
            try:
                leaf = _made(duty.wanted, self._authority, self._trouble, self._now)
                self.put[name] = encode_leaf(leaf)
            except CannotIssue as error:
                leaf = _not_expired(duty, self._now)
                shown = leaf is not None
                self._troubles.append(Trouble(duty.wanted, str(error), shown=shown))
        if leaf is not None:
            self.leaves[name] = leaf


def _shown(demand: Demand, leaves: Mapping[str, Leaf]) -> frozenset[str]:
    """Return the names that there is a certificate for."""
    return frozenset(demand.given).union(*(one.issued.names for one in leaves.values()))


def _made(wanted: Wanted, authority: Authority | None, trouble: str, now: datetime) -> Leaf:
    """Return a new leaf; raises CannotIssue."""
    if wanted.provider is Provider.SELF_SIGNED:
        made = self_signed(wanted.names, now, days=wanted.days)
        return Leaf(made, wanted.provider, wanted.days)
    if authority is None:
        raise CannotIssue(trouble)
    made = authority.issue(wanted.names, now, days=wanted.days)
    return Leaf(made, wanted.provider, wanted.days, authority.fingerprint)


def _hindered(duty: Duty, issuing: Issuing) -> Trouble | None:
    """Return why a certificate can never be ordered."""
    wanted = duty.wanted
    found = hindrance(issuing, wanted.names, wanted.terms or Terms(), wanted.challenge)
    if found is None:
        return None
    message = found.message
    if wanted.automatic and has_wildcard(wanted.names):
        message += ", or on_demand of issuing for the names below it"
    shown = duty.leaf is not None
    return Trouble(wanted, message, shown=shown, never=True, field=found.field)


def _not_expired(duty: Duty, now: datetime) -> Leaf | None:
    """Return the former leaf. One that is not valid yet is of a clock that is wrong now, or was."""
    leaf = duty.leaf
    return leaf if leaf is not None and not leaf.issued.lifetime.is_over(now) else None
