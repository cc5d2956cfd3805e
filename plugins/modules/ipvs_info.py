#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_info
short_description: Read everything the kernel's load balancer (IPVS) has
version_added: 0.1.0
description:
  - Returns virtual services, real servers, settings and live numbers of one network namespace.
  - What it returns as RV(services) and RV(settings) is valid input of
    M(sluice.edge.ipvs_service) and M(sluice.edge.ipvs_settings), and declares exactly what exists.
  - Changes nothing. Where IPVS is not loaded it is not loaded either; see RV(loaded).
author:
  - The sluice.edge authors (@sluice-edge)
options:
  addresses:
    description:
      - Only services with one of these addresses, or with an address in one of these networks.
        Services by firewall mark have no address, so that they are returned only without it.
    type: list
    elements: str
  with_statistics:
    description:
      - Whether RV(statistics) is filled. With thousands of real servers these are megabytes.
    type: bool
    default: true
extends_documentation_fragment:
  - sluice.edge.attributes.info
  - sluice.edge.kernel
seealso:
  - module: sluice.edge.ipvs_service
  - module: sluice.edge.ipvs_server
  - module: sluice.edge.ipvs_settings
"""

EXAMPLES = r"""
- name: Read what a director balances
  sluice.edge.ipvs_info:
  register: director1_ipvs
  delegate_to: director1

- name: Balance the same here
  sluice.edge.ipvs_service:
    config: "{{ director1_ipvs.services }}"

- name: Read one network's services, without their numbers
  sluice.edge.ipvs_info:
    addresses: [192.0.2.0/24]
    with_statistics: false
  register: edge_ipvs

- name: Check that every service has a real server that takes connections
  ansible.builtin.assert:
    that:
      - item.servers | map(attribute='weight') | max | default(0) > 0
    quiet: true
  loop: "{{ edge_ipvs.services }}"
"""

RETURN = r"""
loaded:
  description: Whether the kernel has IPVS loaded. If not, all else is empty but for forwarding.
  returned: success
  type: bool
  sample: true
version:
  description: The version of IPVS, empty when it is not loaded.
  returned: success
  type: str
  sample: 1.2.1
connection_table_size:
  description: The number of slots in the hash table of connections, 0 when IPVS is not loaded.
  returned: success
  type: int
  sample: 4096
services:
  description: The virtual services with all of their real servers, as O(ignore:config) of
    M(sluice.edge.ipvs_service) takes them. Options that have no value are left out.
  returned: success
  type: list
  elements: dict
  sample:
    - address: 192.0.2.100
      port: 443
      protocol: tcp
      scheduler: wrr
      persistence: 300
      netmask: '32'
      servers:
        - address: 198.51.100.11
          port: 443
          forward_method: masquerade
          weight: 2
        - address: 198.51.100.12
          port: 443
          forward_method: tunnel
          weight: 1
          tunnel_type: gue
          tunnel_port: 6080
statistics:
  description: The live numbers of each service and real server, in the order of RV(services).
    Counters are 64 bits wide and begin when the entry was made; rates are means of some seconds.
    Empty unless O(with_statistics=true).
  returned: success
  type: list
  elements: dict
  sample:
    - address: 192.0.2.100
      port: 443
      protocol: tcp
      connections: 1200
      incoming_packets: 9600
      outgoing_packets: 8400
      incoming_bytes: 1152000
      outgoing_bytes: 9876000
      connections_per_second: 3
      incoming_packets_per_second: 24
      outgoing_packets_per_second: 21
      incoming_bytes_per_second: 2880
      outgoing_bytes_per_second: 24690
      servers:
        - address: 198.51.100.11
          port: 443
          active_connections: 17
          inactive_connections: 4
          persistent_connections: 2
          connections: 800
          incoming_packets: 6400
          outgoing_packets: 5600
          incoming_bytes: 768000
          outgoing_bytes: 6584000
          connections_per_second: 2
          incoming_packets_per_second: 16
          outgoing_packets_per_second: 14
          incoming_bytes_per_second: 1920
          outgoing_bytes_per_second: 16460
settings:
  description: Timeouts, sync daemons and kernel parameters, as the options of
    M(sluice.edge.ipvs_settings). C(conn_reuse_mode) is left out where it is 0 on a kernel for
    which that module refuses 0.
  returned: success
  type: dict
  sample:
    timeouts: {tcp: 900, tcp_fin: 120, udp: 300}
    sync_master:
      state: present
      interface: eth1
      sync_id: 7
      max_length: 1472
      multicast_group: 224.0.0.81
      multicast_port: 8848
      multicast_ttl: 1
    sync_backup: {state: absent}
    conntrack: true
    conn_reuse_mode: '1'
    sync_threshold: [3, 50]
    ip_forward: true
sysctls:
  description: The kernel parameters in RV(settings) by the kernel's names, each value as text.
  returned: success
  type: dict
  sample:
    net.ipv4.vs.conntrack: '1'
    net.ipv4.vs.conn_reuse_mode: '1'
    net.ipv4.vs.sync_threshold: 3 50
    net.ipv4.ip_forward: '1'
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.information import (
    gather_information,
)

ARGUMENTS = {
    "addresses": {"type": "list", "elements": "str"},
    "with_statistics": {"type": "bool", "default": True},
    "netns": {"type": "str"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = gather_information(module.params)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
