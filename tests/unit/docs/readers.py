# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine's own readers of declarations, by module: the judges of the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.sluice.edge.plugins.module_utils._declare.task import (
    read_items,
    read_purge,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import (
    read_declaration as read_profiles,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.importing import (
    OPTION as STATE_FILE,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.importing import refuse_others
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import (
    Address,
    parse_address,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.network import parse_network
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.declared.service import (
    SERVICE_VOCABULARY,
    read_services,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.declared.task import (
    read_draining,
    read_task,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.declared import (
    SETTINGS_VOCABULARY,
    read_settings,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.kernel_release import (
    running_kernel,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.declared.certificate import (
    read_certificates,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.declared.route import read_routes
from ansible_collections.sluice.edge.plugins.module_utils._proxy.declared.task import read_socket
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import read_declaration
from ansible_collections.sluice.edge.tests.unit.docs import documented

Params = Mapping[str, Any]


ROLE = "role"
"""Stands for the module in what is judged when the arguments are those of our roles."""


def judge(module: str, arguments: Params) -> None:
    """Raise when the module, or the role, would refuse the arguments of a task."""
    if module == ROLE:
        specified(arguments, documented.specification(_role_options()))
        return
    options = documented.modules()[module]["doc"]["options"]
    params = specified(arguments, documented.specification(options))
    READERS[module](params)


def _role_options() -> dict[str, Any]:
    """Return the options of all roles; the name of each begins with that of its role."""
    return {
        name: option
        for options in documented.role_options().values()
        for name, option in options.items()
    }


def judge_all(tasks: Iterable[Params]) -> None:
    """Raise for the first task, a module with its arguments, that would be refused."""
    for task in tasks:
        judge(task["module"], task["arguments"])


def specified(arguments: Params, specification: Params) -> dict[str, Any]:
    """Return arguments as Ansible hands them to a module; raises ValueError when it would not."""
    result = ArgumentSpecValidator(dict(specification)).validate(dict(arguments))
    if result.error_messages:
        raise ValueError("; ".join(result.error_messages))
    return dict(result.validated_parameters)


def _any_interface(_interface: str, family: str) -> Address:
    return parse_address("192.0.2.1" if family == "ipv4" else "2001:db8::1")


def _dnat_profile(params: Params) -> None:
    if params.get(STATE_FILE) is None:
        read_profiles(params)
    else:
        refuse_others(params)


def _ipvs_service(params: Params) -> None:
    read_services(read_items(params, SERVICE_VOCABULARY), _any_interface)
    read_purge(params)


def _ipvs_server(params: Params) -> None:
    read_task(params, _any_interface)
    read_draining(params)
    read_purge(params)


def _ipvs_settings(params: Params) -> None:
    read_settings(read_items(params, SETTINGS_VOCABULARY)[0], running_kernel())


def _ipvs_info(params: Params) -> None:
    for text in params.get("addresses") or ():
        parse_network(text)


_PEM = "-----BEGIN WHAT A VAULT OR A FILE OF THE HOST HAS-----"


def _proxy_route(params: Params) -> None:
    read_socket(params)
    read_routes(params)


def _tls_cert(params: Params) -> None:
    read_socket(params)
    entries = params.get("config")
    if entries is not None:
        params = dict(params, config=[_with_texts(entry) for entry in entries])
    read_certificates(params, lambda _path: _PEM)


def _with_texts(entry: Params) -> dict[str, Any]:
    """Return an entry with a text where an example has a variable of the reader's own vault."""
    return {
        name: _PEM if isinstance(value, str) and value.startswith("{{ vault_") else value
        for name, value in entry.items()
    }


def _nothing_more(_params: Params) -> None:
    """The specification says it all."""


READERS: Mapping[str, Callable[[Params], object]] = {
    "dnat_profile": _dnat_profile,
    "dnat_profile_info": _nothing_more,
    "ipvs_info": _ipvs_info,
    "ipvs_server": _ipvs_server,
    "ipvs_service": _ipvs_service,
    "ipvs_settings": _ipvs_settings,
    "proxy_route": _proxy_route,
    "proxy_route_info": _nothing_more,
    "state_command": _nothing_more,
    "tls_cert": _tls_cert,
    "tls_cert_info": _nothing_more,
    "vip": read_declaration,
    "vip_info": _nothing_more,
}
