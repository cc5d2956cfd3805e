# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of records there are, in the order in which they come back after a boot.

Settings come first, then what balances, and addresses last: no client is led to a service that
does not balance yet. Withdrawing goes the other way round.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .._converge.errors import Refused, Unavailable
from .._ipvs import record as services_record
from .._ipvs.restoring import restore_services, withdraw_services
from .._ipvs.settings import record as settings_record
from .._ipvs.settings.converge import converge_settings
from .._record.keeping import Form
from .._record.text import Resources
from .._vip import record as vip_record
from .._vip.addresses import converge_addresses

Lines = Sequence[str]
"""What was done, or in check mode would be, one line an operation."""


class Kind(NamedTuple):
    """What can be done with the records of one kind; None where there is nothing to withdraw.

    Both work in the current network namespace and take whether only to check.
    """

    form: Form[Any]
    restore: Callable[[Resources, bool], Lines]
    withdraw: Optional[Callable[[Resources, bool], Lines]]

    @property
    def name(self) -> str:
        return self.form.kind


def _restore_settings(resources: Resources, check: bool) -> Lines:
    params: Dict[str, Any] = {}
    for resource in resources:
        params.update(resource)
    try:
        return _operations(converge_settings(params, check, False))
    except Unavailable as error:
        # It may be one setting only that this kernel does not have, or one daemon's interface.
        raise Refused(str(error)) from None


def _restore_services(resources: Resources, check: bool) -> Lines:
    return [str(operation) for operation in restore_services(resources, check).plan]


def _withdraw_services(resources: Resources, check: bool) -> Lines:
    return [str(operation) for operation in withdraw_services(resources, check).plan]


def _restore_addresses(resources: Resources, check: bool) -> Lines:
    return _operations(converge_addresses({"config": resources}, check, False))


def _withdraw_addresses(resources: Resources, check: bool) -> Lines:
    named = ("address", "prefix", "interface")
    config = [
        dict({name: each[name] for name in named if name in each}, state="absent")
        for each in resources
    ]
    return _operations(converge_addresses({"config": config}, check, False))


def _operations(result: Mapping[str, Any]) -> Lines:
    return list(result["operations"])


KINDS: List[Kind] = [
    Kind(settings_record.FORM, _restore_settings, None),
    Kind(services_record.FORM, _restore_services, _withdraw_services),
    Kind(vip_record.FORM, _restore_addresses, _withdraw_addresses),
]
