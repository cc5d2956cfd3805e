# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of an authority of ours by name: made when first wanted, kept until they are due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from .authority import Authority, CannotIssue
from .building import MOST_DAYS
from .issued import Issued
from .lifetime import RENEWED_AFTER
from .names import certificate_names
from .registering import Registered

Clock = Callable[[], datetime]
"""Returns the moment with a time zone."""


class LocalIssuer:
    """Issues for registered names only; threads may share it.

    There is one certificate for the same names, however many ask at once and in whatever order they
    name them. Those that nobody wants any more are forgotten by ``keep_only``. ``registered`` is
    replaced when the routes change.
    """

    def __init__(
        self,
        authority: Authority,
        registered: Registered,
        now: Clock,
        *,
        days: int = MOST_DAYS,
        renewed_after: float = RENEWED_AFTER,
    ) -> None:
        self.authority = authority
        self.registered = registered
        self._now = now
        self._days = days
        self._renewed_after = renewed_after
        self._issued: dict[frozenset[str], Issued] = {}
        # A certificate takes less than a millisecond: waiting for another one's is no matter.
        self._one_at_a_time = threading.Lock()

    def certificate_for(self, names: Iterable[str]) -> Issued:
        """Return the certificate for ``names``, a new one where there is none or it is due.

        One that is valid is shown on where the authority cannot issue another. Raises BadName or
        CannotIssue.
        """
        own = certificate_names(names)
        with self._one_at_a_time:
            for name in own:
                if not self.registered(name):
                    raise CannotIssue(f"{name} is of no route: declare one for it first")
            key = frozenset(own)
            known = self._issued.get(key)
            now = self._now()
            if known is not None and not known.lifetime.is_due(now, self._renewed_after):
                return known
            try:
                made = self.authority.issue(own, now, days=self._days)
            except CannotIssue:
                if known is not None and known.lifetime.holds(now):
                    return known
                raise
            self._issued[key] = made
            return made

    def due(self) -> list[tuple[str, ...]]:
        """Return the names of those that ``certificate_for`` would renew now."""
        with self._one_at_a_time:
            now = self._now()
            return [
                one.names
                for one in self._issued.values()
                if one.lifetime.is_due(now, self._renewed_after)
            ]

    def keep_only(self, wanted: Iterable[Iterable[str]]) -> None:
        """Forget the certificates whose names are not among ``wanted``."""
        kept = {frozenset(names) for names in wanted}
        with self._one_at_a_time:
            self._issued = {key: one for key, one in self._issued.items() if key in kept}
