# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading everything IPVS has in one network namespace; nothing is changed or loaded."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Tuple

from .._converge.collector import collector_paused
from .._converge.errors import Unavailable
from .._declare.task import read_networks
from .._inet.network import Scope
from .._kernel.genetlink import GenericNetlink
from .._kernel.netns import network_namespace
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .._kernel.sysctl import Sysctls
from .described import (
    describe_service,
    describe_service_id,
    describe_settings,
    describe_sysctls,
)
from .driver import Transport
from .model import Server, Service, ServiceId, server_order, service_order
from .presence import ipvs_is_loaded
from .settings import codec as settings_codec
from .settings.driver import Parameters, SettingsDriver
from .settings.kernel_release import KernelRelease, running_kernel
from .settings.model import ALL_KEYS
from .wire import attributes as a
from .wire.codec import (
    Counters,
    decode_service,
    decode_service_counters,
    encode_service_reference,
)
from .wire.servers import CounterDecoder, ServerDecoder

Measured = Tuple[Server, Counters]


def gather_information(params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the result of the information module for a module's parameters.

    Raises EdgeError when the parameters are wrong or the kernel does not let itself be read.
    """
    scope = Scope(read_networks(params, "addresses"))
    with_statistics = params.get("with_statistics") is not False
    kernel = running_kernel()
    with collector_paused(), network_namespace(params.get("netns")):
        require_capability(CAP_NET_ADMIN, "IPVS")
        if not ipvs_is_loaded():
            return without_ipvs(Sysctls(), kernel)
        try:
            with GenericNetlink(a.FAMILY_NAME) as transport:
                return read_information(transport, Sysctls(), kernel, scope, with_statistics)
        except OSError as error:
            raise Unavailable(
                "IPVS cannot be read: %s; the task needs root on the host itself (become: true), "
                "a container's root is not enough" % error.strerror
            ) from None


def without_ipvs(parameters: Parameters, kernel: KernelRelease) -> Dict[str, Any]:
    """Return the result for a kernel into which IPVS is not loaded."""
    settings = SettingsDriver(ALL_KEYS, None, parameters).read()
    return {
        "changed": False,
        "loaded": False,
        "version": "",
        "connection_table_size": 0,
        "services": [],
        "statistics": [],
        "settings": describe_settings(settings, kernel),
        "sysctls": describe_sysctls(settings),
    }


def read_information(
    transport: Transport,
    parameters: Parameters,
    kernel: KernelRelease,
    scope: Scope,
    with_statistics: bool,
) -> Dict[str, Any]:
    """Return the result for the services whose address is in ``scope``.

    Raises OSError with the kernel's error number when it refuses to be read.
    """
    information = settings_codec.decode_information(transport.get(settings_codec.GET_INFO))
    settings = SettingsDriver(ALL_KEYS, transport, parameters).read()
    decoder = ServerDecoder()
    counting = CounterDecoder()
    services: List[Dict[str, Any]] = []
    statistics: List[Dict[str, Any]] = []
    for service, entry in _read_services(transport, scope):
        entries = transport.dump(encode_service_reference(a.CMD_GET_DEST, service.key))
        servers = decoder.decode(service.key, entries)
        services.append(describe_service(service, _in_order(servers)))
        if with_statistics:
            counters = {
                server.key: (server, counting.decode(found))
                for server, found in zip(servers, entries)
            }
            statistics.append(
                _service_statistics(service.key, decode_service_counters(entry), counters.values())
            )
    return {
        "changed": False,
        "loaded": True,
        "version": information.version,
        "connection_table_size": information.connection_table_size,
        "services": services,
        "statistics": statistics,
        "settings": describe_settings(settings, kernel),
        "sysctls": describe_sysctls(settings),
    }


def _read_services(transport: Transport, scope: Scope) -> List[Tuple[Service, bytes]]:
    """Return the services in scope with their dumped entries, in a constant order."""
    found: Dict[ServiceId, Tuple[Service, bytes]] = {}
    for entry in transport.dump(bytes([a.CMD_GET_SERVICE])):
        service = decode_service(entry)
        if service.key.address in scope:
            found[service.key] = (service, entry)
    return [found[key] for key in sorted(found, key=service_order)]


def _in_order(servers: Iterable[Server]) -> List[Server]:
    """Return the servers by address and port; one that a dump repeats is there once."""
    return sorted({server.key: server for server in servers}.values(), key=server_order)


def _service_statistics(
    key: ServiceId, counters: Counters, servers: Iterable[Measured]
) -> Dict[str, Any]:
    entry = describe_service_id(key)
    entry.update(zip(a.STATISTICS, counters.statistics))
    entry["servers"] = [
        _server_statistics(server, numbers)
        for server, numbers in sorted(servers, key=lambda pair: server_order(pair[0]))
    ]
    return entry


def _server_statistics(server: Server, counters: Counters) -> Dict[str, Any]:
    entry: Dict[str, Any] = {
        "address": str(server.key.address),
        "port": server.key.port,
        "active_connections": counters.active,
        "inactive_connections": counters.inactive,
        "persistent_connections": counters.persistent,
    }
    entry.update(zip(a.STATISTICS, counters.statistics))
    return entry
