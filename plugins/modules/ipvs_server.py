#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_server
short_description: Converge, drain and remove real servers of IPVS virtual services
version_added: 0.1.0
description:
  - Makes real servers of existing virtual services what the task declares, and drains them before
    they go where that is declared.
  - What a task declares of a server is the whole of it. An option that is left out has its
    default, also when the server exists already with another value; only O(state=drained) leaves
    everything but the weight as it is.
author:
  - The sluice.edge authors (@sluice-edge)
options:
  service:
    description:
      - The virtual service that the server belongs to. It must exist; M(sluice.edge.ipvs_service)
        makes it.
      - Takes the options O(sluice.edge.ipvs_service#module:address),
        O(sluice.edge.ipvs_service#module:port), O(sluice.edge.ipvs_service#module:protocol),
        O(sluice.edge.ipvs_service#module:fwmark), O(sluice.edge.ipvs_service#module:family) and
        O(sluice.edge.ipvs_service#module:interface) of M(sluice.edge.ipvs_service).
      - Beside O(config) it is the service of every entry that names none of its own.
    type: dict
  address:
    description:
      - The real server's address. V(127.0.0.1) and V(::1) stand for the director itself, that is
        the service's own address.
    type: str
    aliases: [host]
  port:
    description:
      - The port on the real server. The service's own port when left out; only the forward method
        V(masquerade) can change it.
      - Left out for a service by O(sluice.edge.ipvs_service#module:fwmark), it means whatever port
        the server has there, and V(0), the port of the packet, for a new server.
    type: int
  forward_method:
    description:
      - How packets reach the server. V(direct) when left out, as with C(ipvsadm).
      - V(local) and V(bypass) are the kernel's own methods, accepted because it may report them.
        V(g), V(i) and V(m) are C(ipvsadm)'s letters for V(direct), V(tunnel) and V(masquerade).
    type: str
    choices: [masquerade, direct, tunnel, local, bypass, g, i, m]
    aliases: [forwarder]
  weight:
    description:
      - The server's share of new connections, 0 to 65535. V(1) when left out; V(0) gives it none.
    type: int
  upper_threshold:
    description:
      - At this number of connections the server gets no new ones. V(0), or left out, for no limit.
    type: int
  lower_threshold:
    description:
      - Below this number of connections a server at its limit gets new ones again; at most
        O(upper_threshold). V(0), or left out, for three quarters of it.
    type: int
  tunnel_type:
    description:
      - The encapsulation of O(forward_method=tunnel). V(ipip) when left out.
    type: str
    choices: [ipip, gue, gre]
  tunnel_port:
    description:
      - The destination port of O(tunnel_type=gue).
    type: int
  tunnel_checksum:
    description:
      - V(csum) adds a checksum to V(gue) and V(gre) packets, V(remcsum) to V(gue) packets one that
        the receiving host's hardware completes. V(none) when left out.
    type: str
    choices: [none, csum, remcsum]
  state:
    description:
      - V(present) when left out.
      - V(drained) sets the weight of an existing server to 0 and waits until its connections have
        ended. A server that does not exist counts as drained.
      - V(absent) removes the server; with O(drain) only after draining it.
    type: str
    choices: [present, drained, absent]
  drain:
    description:
      - Whether V(absent) drains a server before it removes it. V(false) when left out.
    type: bool
  drain_connections:
    description:
      - Waiting ends when a server has at most this many active connections. V(0) when left out.
    type: int
  drain_timeout:
    description:
      - Waiting ends after this many seconds, 0 to 86400. V(60) when left out.
    type: float
  on_timeout:
    description:
      - What happens when a server still has more connections than O(drain_connections) at the end
        of O(drain_timeout).
      - V(fail), also when left out, puts every weight back and fails.
      - V(force) goes on, and with O(state=absent) removes the server all the same.
      - V(keep) leaves the server in place with weight 0 and succeeds.
    type: str
    choices: [fail, force, keep]
  expire_persistence:
    description:
      - A persistent service goes on sending its known clients to a server of weight 0 unless the
        sysctl C(net.ipv4.vs.expire_quiescent_template) is 1. With V(true), also when left out,
        draining a server of a persistent service sets it to 1, for good, and shows that in the
        diff. With V(false) it stays as it is.
    type: bool
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.config
  - sluice.edge.kernel
  - sluice.edge.state
notes:
  - With O(purge), every server that is not listed goes from the services that the task names.
    Other services' servers are never touched. O(purge_scope) and O(purge_ignore) hold addresses of
    real servers.
  - Check mode says what would be changed and never waits.
  - UDP has no end of a connection. The kernel counts a UDP client as active until its timeout
    (C(udp) in M(sluice.edge.ipvs_settings), 300 seconds by default) has passed.
seealso:
  - module: sluice.edge.ipvs_service
  - module: sluice.edge.ipvs_settings
  - module: sluice.edge.ipvs_info
"""

EXAMPLES = r"""
- name: Put a real server behind an existing service
  sluice.edge.ipvs_server:
    service: {address: 192.0.2.100, port: 443}
    address: 198.51.100.13
    forward_method: masquerade
    weight: 4

- name: Take a server out of service for maintenance, ending no connection
  sluice.edge.ipvs_server:
    service: {address: 192.0.2.100, port: 443}
    address: 198.51.100.11
    state: drained
    drain_timeout: 300

- name: Remove a server after at most two minutes, whatever is still open
  sluice.edge.ipvs_server:
    service: {address: 192.0.2.100, port: 443}
    address: 198.51.100.11
    state: absent
    drain: true
    drain_timeout: 120
    on_timeout: force

- name: Let the inventory say which servers a service has
  sluice.edge.ipvs_server:
    service: {address: 192.0.2.100, port: 443}
    config:
      - {address: 198.51.100.11, forward_method: masquerade}
      - {address: 198.51.100.12, forward_method: masquerade}
    purge: true
"""

RETURN = r"""
operations:
  description: What was done, or in check mode would be done, one line an operation, in order.
  returned: success
  type: list
  elements: str
  sample:
    - change real server 198.51.100.11:443 of tcp 192.0.2.100:443
drained:
  description: The servers that were waited for, and how their connections fell.
  returned: success, and when draining takes too long
  type: list
  elements: dict
  contains:
    server:
      description: The server's name.
      type: str
      sample: real server 198.51.100.11:443 of tcp 192.0.2.100:443
    seconds:
      description: How long it was waited for.
      type: float
      sample: 12.4
    connections_before:
      description: Active connections when waiting began.
      type: int
      sample: 57
    connections_after:
      description: Active connections when waiting ended.
      type: int
      sample: 0
    timed_out:
      description: Whether waiting ended because O(drain_timeout) had passed.
      type: bool
      sample: false
    samples:
      description: At most twenty counts, each with C(seconds) and C(connections).
      type: list
      elements: dict
undone:
  description: After a failure, what had been done and was taken back.
  returned: when the kernel refuses an operation, or draining takes too long
  type: list
  elements: str
not_undone:
  description: After a failure, what could not be taken back, with the reason.
  returned: when the kernel refuses an operation, or draining takes too long
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.servers import converge_servers

ARGUMENTS = {
    "service": {"type": "dict"},
    "address": {"type": "str", "aliases": ["host"]},
    "port": {"type": "int"},
    "forward_method": {
        "type": "str",
        "choices": ["masquerade", "direct", "tunnel", "local", "bypass", "g", "i", "m"],
        "aliases": ["forwarder"],
    },
    "weight": {"type": "int"},
    "upper_threshold": {"type": "int"},
    "lower_threshold": {"type": "int"},
    "tunnel_type": {"type": "str", "choices": ["ipip", "gue", "gre"]},
    "tunnel_port": {"type": "int"},
    "tunnel_checksum": {"type": "str", "choices": ["none", "csum", "remcsum"]},
    "state": {"type": "str", "choices": ["present", "drained", "absent"]},
    "drain": {"type": "bool"},
    "drain_connections": {"type": "int"},
    "drain_timeout": {"type": "float"},
    "on_timeout": {"type": "str", "choices": ["fail", "force", "keep"]},
    "expire_persistence": {"type": "bool"},
    "config": {"type": "list", "elements": "dict"},
    "purge": {"type": "bool"},
    "purge_scope": {"type": "list", "elements": "str"},
    "purge_ignore": {"type": "list", "elements": "str"},
    "netns": {"type": "str"},
    "persist": {"type": "bool", "default": True},
    "runtime": {"type": "bool", "default": True},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = converge_servers(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
