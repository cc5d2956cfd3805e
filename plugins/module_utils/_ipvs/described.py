# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What exists, as the options that would declare it. Pure.

Whatever is returned here, read as a declaration, yields the same entry again.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from .model import NO_CHECKSUM, TUNNEL, Server, Service, ServiceId
from .settings.kernel_release import KernelRelease
from .settings.model import (
    CONN_REUSE_MODE,
    FLAG,
    NUMBER,
    PARAMETERS,
    ROLES,
    TIMEOUTS_KEY,
    Settings,
    SyncDaemon,
    Sysctl,
    Timeouts,
    daemon_key,
)


def describe_service_id(key: ServiceId) -> Dict[str, Any]:
    """Return the options of ipvs_service that name a service."""
    if key.address is None:
        return {"fwmark": key.fwmark, "family": key.family}
    return {"address": str(key.address), "port": key.port, "protocol": key.protocol}


def describe_service(service: Service, servers: Iterable[Server]) -> Dict[str, Any]:
    """Return the options of ipvs_service that declare a service and all of its servers."""
    options = describe_service_id(service.key)
    options["scheduler"] = service.scheduler
    if service.flags:
        options["flags"] = list(service.flags)
    if service.persistence:
        options["persistence"] = service.persistence
        options["netmask"] = service.netmask
    if service.engine:
        options["persistence_engine"] = service.engine
    options["servers"] = [describe_server(server) for server in servers]
    return options


def describe_server(server: Server) -> Dict[str, Any]:
    """Return the options, as ipvs_service's ``servers`` has them, that declare a real server."""
    options: Dict[str, Any] = {
        "address": str(server.key.address),
        "port": server.key.port,
        "forward_method": server.forward_method,
        "weight": server.weight,
    }
    if server.upper_threshold:
        options["upper_threshold"] = server.upper_threshold
    if server.lower_threshold:
        options["lower_threshold"] = server.lower_threshold
    if server.forward_method == TUNNEL:
        options["tunnel_type"] = server.tunnel_type
        if server.tunnel_port:
            options["tunnel_port"] = server.tunnel_port
        if server.tunnel_checksum != NO_CHECKSUM:
            options["tunnel_checksum"] = server.tunnel_checksum
    return options


def describe_settings(settings: Settings, kernel: KernelRelease) -> Dict[str, Any]:
    """Return the options of ipvs_settings that declare every setting in ``settings``.

    ``conn_reuse_mode`` is left out where it is 0 on a kernel for which that cannot be declared.
    """
    options: Dict[str, Any] = {}
    timeouts = settings.get(TIMEOUTS_KEY)
    if isinstance(timeouts, Timeouts):
        options["timeouts"] = {
            field: seconds for field, seconds in zip(timeouts._fields, timeouts) if seconds
        }
        for role in ROLES:
            options["sync_%s" % role] = _describe_daemon(settings.get(daemon_key(role)))
    for parameter in PARAMETERS.values():
        sysctl = settings.get(parameter.key)
        if isinstance(sysctl, Sysctl) and _can_be_declared(sysctl, kernel):
            options[parameter.option] = describe_parameter(sysctl.option, sysctl.value)
    return options


def describe_sysctls(settings: Settings) -> Dict[str, str]:
    """Return the kernel parameters in ``settings`` by the kernel's own names."""
    return {
        PARAMETERS[setting.option].path: setting.value
        for setting in settings.values()
        if isinstance(setting, Sysctl)
    }


def _describe_daemon(daemon: object) -> Dict[str, Any]:
    if not isinstance(daemon, SyncDaemon):
        return {"state": "absent"}
    return {
        "state": "present",
        "interface": daemon.interface,
        "sync_id": daemon.sync_id,
        "max_length": daemon.max_length,
        "multicast_group": str(daemon.group),
        "multicast_port": daemon.port,
        "multicast_ttl": daemon.ttl,
    }


def _can_be_declared(sysctl: Sysctl, kernel: KernelRelease) -> bool:
    return sysctl.option != CONN_REUSE_MODE or sysctl.value != "0" or kernel.delays_reused_ports


def describe_parameter(option: str, value: str) -> Any:
    """Return a kernel parameter's text as the value that ipvs_settings takes for ``option``."""
    kind = PARAMETERS[option].kind
    if kind == FLAG:
        return value == "1"
    if option == CONN_REUSE_MODE:
        return value
    numbers: List[int] = [int(word) for word in value.split()]
    return numbers[0] if kind == NUMBER else numbers
