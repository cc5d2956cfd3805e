# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: declared
short_description: Checks what a module would be given, on the controller
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice)
description:
  - Reads the C(config) of a module with the module's own engine, and returns it as it is. What the
    module would refuse is an error here, before any host is touched.
  - The role P(sluice.edge.director#role) checks all that it is given in this way, so that a typing
    error in a virtual address does not stop it after the services were changed.
  - Only a host knows its interfaces. What depends on them is not checked.
positional: module
options:
  _input:
    description: The list for C(config).
    type: list
    elements: dict
    required: true
  module:
    description: The name of the module, without the collection's.
    type: str
    choices: [dnat_profile, ipvs_service, vip]
    required: true
"""

EXAMPLES = r"""
- name: Find mistakes before anything is changed
  ansible.builtin.debug:
    msg: "{{ site_services | sluice.edge.declared('ipvs_service') | length }} services"
  vars:
    site_services:
      - {address: 192.0.2.100, port: 80}
"""

RETURN = r"""
_value:
  description: The list, as it was given.
  type: list
  elements: dict
"""

from collections.abc import Mapping
from typing import Any, Callable, Dict

from ansible.errors import AnsibleFilterError

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._declare.task import read_items
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import (
    read_declaration as read_profiles,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import (
    Address,
    parse_address,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.declared.service import (
    SERVICE_VOCABULARY,
    read_services,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import (
    read_declaration as read_addresses,
)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"declared": declared}


def declared(config: Any, module: str) -> Any:
    """Return the list for a module's ``config``; raises AnsibleFilterError for what is wrong."""
    if module not in _READERS:
        raise AnsibleFilterError("declared: %r is none of %s" % (module, ", ".join(_READERS)))
    try:
        _READERS[module]({"config": config})
    except EdgeError as error:
        raise AnsibleFilterError("%s: %s" % (module, error)) from None
    return config


def _read_services(params: Mapping[str, Any]) -> None:
    read_services(read_items(params, SERVICE_VOCABULARY), _any_address)


def _any_address(_interface: str, family: str) -> Address:
    """Stands for the address of a host's interface, which only the host knows."""
    return parse_address("192.0.2.1" if family == "ipv4" else "2001:db8::1")


_READERS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {
    "dnat_profile": read_profiles,
    "ipvs_service": _read_services,
    "vip": read_addresses,
}
