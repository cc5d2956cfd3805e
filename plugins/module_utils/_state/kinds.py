# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of records there are, in the order in which they come back after a boot.

Settings come first, then what balances and translates, and addresses last: no client is led to a
service that does not balance yet. Withdrawing goes the other way round.

What works on a kind is imported only when there is a record of it: a boot is quick that way.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple, cast

from .._converge.errors import Refused, Unavailable
from .._converge.resource import Key
from .._converge.runner import Outcome
from .._record.keeping import Form


class Report(NamedTuple):
    """What was done, or in check mode would be, a line an operation; what else to tell."""

    lines: List[str]
    warnings: Sequence[str] = ()


Entries = List[Any]
Work = Callable[[Entries, bool], Report]


class Tools(NamedTuple):
    """What can be done with the records of one kind; None where there is nothing to withdraw.

    Both take entries, and whether only to check, and work in the current network namespace.
    ``pieces`` splits entries into lists that may come back one without the other, ``owner`` gives
    the key of the entry without which another could not come back; its own when there is none.
    """

    form: Form[Any]
    restore: Work
    withdraw: Optional[Work]
    pieces: Callable[[Entries], List[Entries]]
    owner: Callable[[Any], Key]


class Kind(NamedTuple):
    """A kind of records, and how to get what works on them."""

    name: str
    load: Callable[[], Tools]


def _settings() -> Tools:
    from .._ipvs.settings.converge import converge_settings
    from .._ipvs.settings.record import FORM

    def restore(entries: Entries, check: bool) -> Report:
        params = {entry.option: entry.value for entry in entries}
        try:
            return Report(converge_settings(params, check, False)["operations"])
        except Unavailable as error:
            # It may be one setting only that this kernel does not have, or a daemon's interface.
            raise Refused(str(error)) from None

    return Tools(FORM, restore, None, _one_by_one, _own_key)


def _services() -> Tools:
    from .._ipvs.record import FORM, owner, pieces
    from .._ipvs.restoring import restore_services, withdraw_services

    return Tools(FORM, _told(restore_services), _told(withdraw_services), pieces, owner)


def _profiles(backend: str) -> Tools:
    from .._dnat.record import form_of
    from .._dnat.restoring import restore_profiles, withdraw_profiles

    restore = _told(partial(restore_profiles, backend))
    withdraw = _told(partial(withdraw_profiles, backend))
    return Tools(form_of(backend), restore, withdraw, _one_by_one, _own_key)


def _addresses() -> Tools:
    from .._vip.record import FORM
    from .._vip.restoring import restore_addresses, withdraw_addresses

    restore, withdraw = _told(restore_addresses), _told(withdraw_addresses)
    return Tools(FORM, restore, withdraw, _one_by_one, _own_key)


def _one_by_one(entries: Entries) -> List[Entries]:
    return [[entry] for entry in entries]


def _own_key(entry: Any) -> Key:
    return cast(Key, entry.key)


def _told(work: Callable[[Entries, bool], Tuple[Outcome[Any], List[str]]]) -> Work:
    """Return what does the work and reports its outcome and warnings."""

    def told(entries: Entries, check: bool) -> Report:
        outcome, warnings = work(entries, check)
        return Report([str(operation) for operation in outcome.plan], warnings)

    return told


KINDS: List[Kind] = [
    Kind("settings", _settings),
    Kind("ipvs", _services),
    Kind("dnat", partial(_profiles, "nftables")),
    Kind("dnat-iptables", partial(_profiles, "iptables")),
    Kind("vip", _addresses),
]
