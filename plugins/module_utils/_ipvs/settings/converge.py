# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging the settings of IPVS in one network namespace."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from ..._converge.errors import Unavailable
from ..._converge.plan import Desired
from ..._converge.resource import Driver
from ..._converge.runner import Outcome, converge, revert
from ..._declare.task import read_items
from ..._kernel.lock import sole_writer
from ..._kernel.netns import network_namespace
from ..._kernel.sysctl import Sysctls
from ..._kernel.termination import termination_as_error
from ..._record.keeping import Keeper, Runtime
from ..._record.store import Store
from ..access import LOCK, UnloadedIpvs, open_ipvs
from ..driver import Transport
from .declared import SETTINGS_VOCABULARY, DeclaredSettings, read_settings
from .driver import FreshSettingsDriver, Parameters, SettingsDriver
from .kernel_release import KernelRelease, running_kernel
from .link_mtu import mtu_of
from .model import EXPIRE_QUIESCENT_TEMPLATE, Setting
from .plan import MtuOf, arrange, desired_settings
from .record import FORM, RecordedSetting, RecordTable, desired_record

TITLE = "IPVS settings"


class SettingsHost(NamedTuple):
    """What settings are read from and written to, in one network namespace.

    ``transport`` may be None when only kernel parameters are declared.
    """

    transport: Optional[Transport]
    parameters: Parameters
    mtu_of: MtuOf
    kernel: KernelRelease


def converge_settings(
    params: Mapping[str, Any], check: bool, with_diff: bool, store: Optional[Store] = None
) -> Dict[str, Any]:
    """Converge the settings that a module's parameters declare; return the module's result.

    Raises EdgeError; then kernel and record are as they were, or the error says what could not be
    undone.
    """
    kernel = running_kernel()
    declared = read_settings(read_items(params, SETTINGS_VOCABULARY)[0], kernel)
    keeper = Keeper(FORM, params, store or Store())

    def record(_seen: Any) -> Callable[[RecordTable], Desired[RecordedSetting]]:
        return lambda have: desired_record(declared, have)

    with termination_as_error(), ExitStack() as stack:
        runtime: Optional[Runtime] = None
        if keeper.parts.runtime:
            stack.enter_context(network_namespace(params.get("netns")))
            transport = stack.enter_context(open_ipvs(check))
            stack.enter_context(sole_writer(LOCK, check))
            host = SettingsHost(transport, Sysctls(), mtu_of, kernel)
            runtime = Runtime(
                lambda: _converge_readable(host, declared, check),
                lambda outcome: _revert_on(host, outcome),
            )
        return keeper.run(check, runtime, record).as_result(TITLE, with_diff)


def _converge_readable(
    host: SettingsHost, declared: DeclaredSettings, check: bool
) -> Outcome[Setting]:
    try:
        return converge_on(host, declared, check)
    except OSError as error:
        raise Unavailable("the settings of IPVS cannot be read: %s" % error) from None


def expire_quiescent_templates(check: bool) -> Outcome[Setting]:
    """Set net.ipv4.vs.expire_quiescent_template to 1 in the current network namespace.

    Without it, persistent clients keep coming to a real server of weight 0, so that it never
    drains. Takes no lock: the caller may hold it already, and the write is atomic. Raises
    EdgeError when the kernel does not have the parameter or does not let it be set.
    """
    declared = DeclaredSettings({}, {}, {EXPIRE_QUIESCENT_TEMPLATE: "1"})
    return converge_on(SettingsHost(None, Sysctls(), mtu_of, running_kernel()), declared, check)


def revert_settings(outcome: Outcome[Setting]) -> Outcome[Setting]:
    """Take back what expire_quiescent_templates did; return what that took."""
    return _revert_on(SettingsHost(None, Sysctls(), mtu_of, running_kernel()), outcome)


def _revert_on(host: SettingsHost, outcome: Outcome[Setting]) -> Outcome[Setting]:
    keys = frozenset(operation.subject.key for operation in outcome.plan)
    return revert(SettingsDriver(keys, host.transport, host.parameters), outcome, arrange)


def converge_on(host: SettingsHost, declared: DeclaredSettings, check: bool) -> Outcome[Setting]:
    """Converge what is declared on a host; raises EdgeError, and OSError when reading fails."""
    keys = frozenset(declared.keys)
    driver: Driver[Setting] = SettingsDriver(keys, host.transport, host.parameters)
    if isinstance(host.transport, UnloadedIpvs):
        driver = FreshSettingsDriver(keys, host.parameters)
    return converge(
        driver,
        lambda have: desired_settings(declared, host.kernel, host.mtu_of, have),
        arrange,
        check,
    )
