# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: with_members
short_description: Services and profiles with the hosts of inventory groups as their servers
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice)
description:
  - Takes what the O(sluice.edge.ipvs_service#module:config) of M(sluice.edge.ipvs_service) or that
    of M(sluice.edge.dnat_profile) takes, where an entry may name groups of the inventory. Returns
    the same list with a server or destination for each host of these groups.
  - C(servers_from) adds to the C(servers) of an entry, C(destinations_from) to its
    C(destinations). Each is a dictionary, or a list of them.
  - C(group) is the name of the group, and is required. C(address_variable) names the variable
    that holds a host's address; without it, C(ansible_host) is taken, or else the host's name.
    C(weight_variable) names the variable that holds its weight; a host that does not have it gets
    the C(weight) beside it, or none. A weight of 0 sends the host no new connections.
  - All else, such as C(port) or C(forward_method), is the same for every host.
positional: groups, hostvars
options:
  _input:
    description: Services or profiles.
    type: list
    elements: dict
    required: true
  groups:
    description: Ansible's variable C(groups).
    type: dict
    required: true
  hostvars:
    description: Ansible's variable C(hostvars).
    type: dict
    required: true
seealso:
  - module: sluice.edge.ipvs_service
  - module: sluice.edge.dnat_profile
"""

EXAMPLES = r"""
- name: Balance over the web servers, each with a weight of its own
  vars:
    services:
      - address: 192.0.2.100
        port: 80
        servers_from:
          group: web
          address_variable: inside_address
          weight_variable: edge_weight
          forward_method: masquerade
  sluice.edge.ipvs_service:
    config: "{{ services | sluice.edge.with_members(groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: The entries, without C(servers_from) and C(destinations_from).
  type: list
  elements: dict
"""

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Dict, List

from ansible.errors import AnsibleFilterError

_LISTS = {"servers_from": "servers", "destinations_from": "destinations"}
_OURS = ("group", "address_variable", "weight_variable")


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> Dict[str, Callable[..., Any]]:
        return {"with_members": with_members}


def with_members(
    entries: Any, groups: Mapping[str, Sequence[str]], hostvars: Mapping[str, Any]
) -> List[Any]:
    """Return entries with the hosts of the groups they name as servers or destinations.

    Raises AnsibleFilterError, with the place, for what cannot be resolved.
    """
    if not _is_list(entries):
        raise AnsibleFilterError("with_members: expected a list of services or profiles")
    return [
        _completed(entry, "[%d]" % number, groups, hostvars)
        if isinstance(entry, Mapping)
        else entry
        for number, entry in enumerate(entries)
    ]


def _completed(
    entry: Mapping[str, Any],
    where: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
) -> Dict[str, Any]:
    done = {name: value for name, value in entry.items() if name not in _LISTS}
    for option, target in _LISTS.items():
        if option not in entry:
            continue
        sources = entry[option] if _is_list(entry[option]) else [entry[option]]
        members = [
            member
            for source in sources
            for member in _members(source, "%s.%s" % (where, option), groups, hostvars)
        ]
        done[target] = list(entry.get(target) or ()) + members
    return done


def _members(
    source: Any,
    where: str,
    groups: Mapping[str, Sequence[str]],
    hostvars: Mapping[str, Any],
) -> List[Dict[str, Any]]:
    if not isinstance(source, Mapping) or "group" not in source:
        raise AnsibleFilterError("%s: expected a dictionary with group, a group's name" % where)
    group = source["group"]
    if group not in groups:
        raise AnsibleFilterError("%s: the inventory has no group %s" % (where, group))
    alike = {name: value for name, value in source.items() if name not in _OURS}
    return [
        dict(alike, **_own(source, host, hostvars[host], "%s (group %s)" % (where, group)))
        for host in groups[group]
    ]


def _own(
    source: Mapping[str, Any], host: str, variables: Mapping[str, Any], where: str
) -> Dict[str, Any]:
    """What a host has of its own: its address, and its weight when there is one."""
    named = source.get("address_variable")
    if named is not None and named not in variables:
        raise AnsibleFilterError("%s: host %s has no variable %s" % (where, host, named))
    address = variables[named] if named is not None else variables.get("ansible_host", host)
    weighted = source.get("weight_variable")
    if weighted is None or weighted not in variables:
        return {"address": address}
    return {"address": address, "weight": variables[weighted]}


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
