# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which names may have a certificate on demand, and which need not be looked at again. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property

from ..issuing.names import BadName, as_address, certificate_names
from ..issuing.registering import RegisteredNames
from ..routes.model.route import Route
from ..snapshot.issuing import OnDemand
from ..tls.certificate_names import CertificateNames, may_be_certified

MOST_REMEMBERED = 10_000
"""Names of which it is remembered that they got nothing."""


class Why(StrEnum):
    """Why a name gets no certificate."""

    OFF = "off"
    """Nothing is got on demand."""
    NO_NAME = "no_name"
    """No authority certifies such a name."""
    REMEMBERED = "remembered"
    """It got none a moment ago."""
    NOT_PERMITTED = "not_permitted"
    ASK_FAILED = "ask_failed"
    """Who is asked for permission did not answer."""
    TOO_MANY = "too_many"
    """As many names as may have certificates by this."""
    BUSY = "busy"
    """As many as are looked at at once."""
    NOT_OBTAINED = "not_obtained"
    """No authority issued one."""
    SLOW = "slow"
    """It was not there in time; the order goes on."""


AGAIN = {
    Why.NOT_PERMITTED: 120.0,
    Why.NOT_OBTAINED: 60.0,
    Why.ASK_FAILED: 10.0,
    Why.TOO_MANY: 10.0,
    Why.SLOW: 5.0,
}
"""For how many seconds it is remembered of a name."""


class Permission(StrEnum):
    """Whether a name may have a certificate."""

    GIVEN = "given"
    REFUSED = "refused"
    ASK = "ask"


class Rules:
    """What is in force: ``certificates`` are the names of each, ``demanded`` how many there are
    that were got on demand."""

    def __init__(
        self,
        settings: OnDemand,
        routes: Sequence[Route],
        certificates: Sequence[Sequence[str]],
        demanded: int,
    ) -> None:
        self.settings = settings
        self.routes = routes
        self._certificates = certificates
        self._demanded = demanded

    def holds(self, name: str) -> bool:
        """Return whether a certificate for ``name`` is in force."""
        return self._held.find(name) is not None

    def permission(self, name: str) -> Permission:
        """Return whether ``name`` may have a certificate."""
        if name in self._registered:
            return Permission.GIVEN
        return Permission.REFUSED if self.settings.ask is None else Permission.ASK

    def is_full(self, under_way: int) -> bool:
        """Return whether there is room for no other name, beside those ``under_way``."""
        return self._demanded + under_way >= self.settings.most

    def permits_as(self, other: Rules | None) -> bool:
        """Return whether all names may, or may not, as by ``other``."""
        return other is not None and self.settings == other.settings and self.routes == other.routes

    # Most changes are followed by no question.

    @cached_property
    def _held(self) -> CertificateNames:
        return CertificateNames(self._certificates)

    @cached_property
    def _registered(self) -> RegisteredNames:
        hosts = (host for route in self.routes for host in route.hosts)
        return RegisteredNames((*self.settings.names, *hosts))


class Refusals:
    """Names that got nothing, for a while."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._until: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    def remember(self, name: str, why: Why, now: float) -> None:
        """Have a name refused until its time is over; the oldest one makes room."""
        seconds = AGAIN.get(why)
        if seconds is None:
            return
        self._until.pop(name, None)
        if len(self._until) >= self._most:
            self._until.popitem(last=False)
        self._until[name] = now + seconds

    def has(self, name: str, now: float) -> bool:
        """Return whether a name is still to be refused."""
        until = self._until.get(name)
        if until is None or until > now:
            return until is not None
        del self._until[name]
        return False

    def forget(self) -> None:
        """Have all names looked at anew."""
        self._until.clear()


def is_certifiable(name: str) -> bool:
    """Return whether ``name`` is a host name as certificates have it."""
    try:
        known = certificate_names([name]) == (name,)
    except BadName:
        return False
    return known and as_address(name) is None and name[0] != "*" and may_be_certified(name)
