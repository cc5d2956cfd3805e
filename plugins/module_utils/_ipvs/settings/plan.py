# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What settings shall be, given what they are, and in which order they change. Pure."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set

from ..._converge.errors import Unavailable
from ..._converge.plan import Desired, Stages
from ..._converge.resource import Operation, State
from .codec import default_length, length_range
from .declared import AUTO, DeclaredDaemon, DeclaredSettings
from .kernel_release import KernelRelease
from .model import (
    CONN_REUSE_MODE,
    DEFAULT_SYNC_GROUP,
    DEFAULT_SYNC_PORT,
    DEFAULT_SYNC_TTL,
    FORWARDING_PARAMETERS,
    PARAMETERS,
    TIMEOUTS_KEY,
    Setting,
    SettingKey,
    Settings,
    SyncDaemon,
    Sysctl,
    Timeouts,
    daemon_key,
)

MtuOf = Callable[[str], Optional[int]]
"""Returns an interface's MTU in bytes, None when there is no such interface."""

_FORWARDING_KEYS = frozenset(parameter.key for parameter in FORWARDING_PARAMETERS)


def desired_settings(
    declared: DeclaredSettings, kernel: KernelRelease, mtu_of: MtuOf, have: State[Setting]
) -> Desired[Setting]:
    """Return what shall be, given what is.

    Raises Unavailable when the kernel has no such setting or the host no such interface.
    """
    wanted: Settings = {}
    doomed: Set[SettingKey] = set()
    if declared.timeouts:
        wanted[TIMEOUTS_KEY] = _settle_timeouts(declared.timeouts, have, kernel)
    for role, daemon in declared.daemons.items():
        if daemon is None:
            doomed.add(daemon_key(role))
        else:
            wanted[daemon_key(role)] = _settle_daemon(daemon, have, mtu_of)
    for option, value in declared.parameters.items():
        sysctl = _settle_parameter(option, value, have, kernel)
        if sysctl is not None:
            wanted[sysctl.key] = sysctl
    return Desired(wanted, lambda setting: setting.key in doomed)


def arrange(operations: Sequence[Operation[Setting]], _have: State[Setting]) -> Stages[Setting]:
    """Return the operations in stages: IPVS's parameters, timeouts, daemons, forwarding.

    The parameters come before the daemons that read them when they start. Forwarding comes last,
    so that nothing after it can fail: the kernel sets it on every interface at once, and taking
    it back cannot tell which interface had it before.
    """
    stages: Dict[int, List[Operation[Setting]]] = {0: [], 1: [], 2: [], 3: []}
    for operation in operations:
        stages[_stage(operation.subject)].append(operation)
    return [stages[number] for number in sorted(stages)]


def _stage(setting: Setting) -> int:
    if isinstance(setting, Timeouts):
        return 1
    if isinstance(setting, SyncDaemon):
        return 2
    return 3 if setting.key in _FORWARDING_KEYS else 0


def _settle_timeouts(
    given: Mapping[str, int], have: State[Setting], kernel: KernelRelease
) -> Timeouts:
    present = have.get(TIMEOUTS_KEY)
    if not isinstance(present, Timeouts):
        raise Unavailable("timeouts: this kernel (%s) tells none" % (kernel,))
    for field in given:
        if getattr(present, field) is None:
            raise Unavailable(
                "timeouts: this kernel (%s) has no %s timeout: it is built without "
                "CONFIG_IP_VS_PROTO_%s" % (kernel, field, field[:3].upper())
            )
    return present._replace(**given)


def _settle_daemon(declared: DeclaredDaemon, have: State[Setting], mtu_of: MtuOf) -> SyncDaemon:
    role = declared.role
    mtu = mtu_of(declared.interface)
    if mtu is None:
        raise Unavailable(
            "sync_%s: interface %s does not exist here: create it first, or name another"
            % (role, declared.interface)
        )
    present = have.get(daemon_key(role))
    group = declared.group
    if not isinstance(present, SyncDaemon):
        group = group or DEFAULT_SYNC_GROUP
        length = declared.max_length
        return SyncDaemon(
            role=role,
            interface=declared.interface,
            sync_id=declared.sync_id or 0,
            max_length=default_length(role, group, mtu) if length is None else length,
            group=group,
            port=declared.port or DEFAULT_SYNC_PORT,
            ttl=declared.ttl or DEFAULT_SYNC_TTL,
        )
    group = group or present.group
    least, most = length_range(role, group)
    length = present.max_length if declared.max_length is None else declared.max_length
    return SyncDaemon(
        role=role,
        interface=declared.interface,
        sync_id=present.sync_id if declared.sync_id is None else declared.sync_id,
        max_length=min(max(length, least), most),
        group=group,
        port=declared.port or present.port,
        ttl=declared.ttl or present.ttl,
    )


def _settle_parameter(
    option: str, value: str, have: State[Setting], kernel: KernelRelease
) -> Optional[Sysctl]:
    parameter = PARAMETERS[option]
    present = have.get(parameter.key)
    if option == CONN_REUSE_MODE and value == AUTO:
        if not isinstance(present, Sysctl):
            return None  # before 4.1 there is nothing to choose
        if kernel.delays_reused_ports:
            value = "0"
        else:
            value = parameter.default if present.value == "0" else present.value
    elif present is None:
        raise Unavailable(
            "%s: this kernel (%s) has no sysctl %s%s: leave %s out, or use a kernel that has it"
            % (
                option,
                kernel,
                parameter.path,
                " (%s)" % parameter.hint if parameter.hint else "",
                option,
            )
        )
    return Sysctl(option, value)
