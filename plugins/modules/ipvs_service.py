#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_service
short_description: Converge virtual services of the kernel's load balancer (IPVS)
version_added: 0.1.0
description:
  - Makes the virtual services of a director what the task declares, by the fewest operations the
    kernel needs, and says so beforehand in check mode and in the diff.
  - Talks to the kernel over netlink. Neither C(ipvsadm) nor a Python library is needed on the host.
  - What a task declares of a service is the whole of it. An option that is left out has its
    default, also when the service exists already with another value.
author:
  - The sluice.edge authors (@sluice-edge)
options:
  address:
    description:
      - The address clients connect to, IPv4 or IPv6.
      - Exclusive with O(interface) and O(fwmark).
    type: str
    aliases: [host]
  interface:
    description:
      - Takes the address of this interface, or of this alias label such as V(eth1:0), instead of
        O(address). It must carry exactly one of O(family); beside an address with a subnet, an
        interface's addresses of /32 and /128 and its secondary ones do not count.
    type: str
  port:
    description:
      - The port clients connect to, 0 to 65535. 0 stands for every port and needs O(persistence).
      - Required with O(address) and O(interface).
    type: int
  protocol:
    description:
      - The transport protocol. V(tcp) when left out.
    type: str
    choices: [tcp, udp, sctp]
    aliases: [type]
  fwmark:
    description:
      - Balances what carries this firewall mark, 1 to 4294967295, instead of an address and port.
    type: int
  family:
    description:
      - The address family of O(fwmark) or O(interface). V(ipv4) when left out.
    type: str
    choices: [ipv4, ipv6]
  scheduler:
    description:
      - How a real server is chosen for a new connection. V(wlc) when left out; V(none) leaves the
        service without a scheduler.
    type: str
    choices: [rr, wrr, lc, wlc, lblc, lblcr, dh, sh, sed, nq, fo, ovf, mh, twos, none]
  flags:
    description:
      - V(ops) schedules each datagram on its own (one-packet scheduling; UDP or O(fwmark) only).
      - V(sh-fallback), V(sh-port), V(mh-fallback) and V(mh-port) belong to the schedulers V(sh)
        and V(mh). V(flag-1) to V(flag-3) are the bare bits, for schedulers of other kernels.
    type: list
    elements: str
  persistence:
    description:
      - For how many seconds a client stays with its real server, 0 to 2678400. 0, which is also
        the meaning of leaving it out, makes every connection be scheduled on its own.
    type: int
    aliases: [persistence_timeout]
  netmask:
    description:
      - Groups the clients of a persistent service, as a prefix length or an IPv4 netmask. Every
        client on its own when left out.
    type: str
    aliases: [prefix]
  persistence_engine:
    description:
      - The persistence engine of a persistent service, for example V(sip).
    type: str
  servers:
    description:
      - The complete list of the service's real servers; those not listed are removed from the
        service. Left out, the servers stay as they are.
      - Each entry takes the options O(sluice.edge.ipvs_server#module:address),
        O(sluice.edge.ipvs_server#module:port),
        O(sluice.edge.ipvs_server#module:forward_method),
        O(sluice.edge.ipvs_server#module:weight),
        O(sluice.edge.ipvs_server#module:upper_threshold),
        O(sluice.edge.ipvs_server#module:lower_threshold),
        O(sluice.edge.ipvs_server#module:tunnel_type),
        O(sluice.edge.ipvs_server#module:tunnel_port) and
        O(sluice.edge.ipvs_server#module:tunnel_checksum) of M(sluice.edge.ipvs_server).
    type: list
    elements: dict
  state:
    description:
      - V(present) when left out. V(absent) removes the service with its servers.
    type: str
    choices: [present, absent]
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.config
  - sluice.edge.kernel
  - sluice.edge.state
notes:
  - With O(purge), every virtual service that is not listed goes with its servers. O(purge_scope)
    and O(purge_ignore) hold service addresses; services by firewall mark have none, so they are
    purged only without O(purge_scope).
seealso:
  - module: sluice.edge.ipvs_server
  - module: sluice.edge.ipvs_settings
  - module: sluice.edge.ipvs_info
  - module: sluice.edge.vip
"""

EXAMPLES = r"""
- name: Balance HTTPS over two real servers
  sluice.edge.ipvs_service:
    address: 192.0.2.100
    port: 443
    scheduler: wrr
    servers:
      - address: 198.51.100.11
        forward_method: masquerade
        weight: 2
      - address: 198.51.100.12
        forward_method: masquerade

- name: Declare everything this director balances, and nothing else within its own network
  sluice.edge.ipvs_service:
    config:
      - address: 192.0.2.100
        port: 80
        servers:
          - {address: 198.51.100.11, forward_method: direct}
          - {address: 198.51.100.12, forward_method: direct}
      - address: "2001:db8:1::100"
        port: 53
        protocol: udp
        scheduler: mh
        flags: [mh-port]
      - fwmark: 7
        scheduler: sh
        persistence: 300
        netmask: 24
    purge: true
    purge_scope: [192.0.2.0/24, "2001:db8:1::/64"]

- name: Take a service away, with its servers
  sluice.edge.ipvs_service:
    address: 192.0.2.100
    port: 443
    state: absent
"""

RETURN = r"""
operations:
  description: What was done, or in check mode would be done, one line an operation, in order.
  returned: success
  type: list
  elements: str
  sample:
    - create virtual service tcp 192.0.2.100:443
    - create real server 198.51.100.11:443 of tcp 192.0.2.100:443
undone:
  description: After a failure, what had been done and was taken back.
  returned: when the kernel refuses an operation
  type: list
  elements: str
not_undone:
  description: After a failure, what could not be taken back, with the reason.
  returned: when the kernel refuses an operation
  type: list
  elements: str
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import converge_services

ARGUMENTS = {
    "address": {"type": "str", "aliases": ["host"]},
    "interface": {"type": "str"},
    "port": {"type": "int"},
    "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"], "aliases": ["type"]},
    "fwmark": {"type": "int"},
    "family": {"type": "str", "choices": ["ipv4", "ipv6"]},
    "scheduler": {
        "type": "str",
        "choices": "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos none".split(),
    },
    "flags": {"type": "list", "elements": "str"},
    "persistence": {"type": "int", "aliases": ["persistence_timeout"]},
    "netmask": {"type": "str", "aliases": ["prefix"]},
    "persistence_engine": {"type": "str"},
    "servers": {"type": "list", "elements": "dict"},
    "state": {"type": "str", "choices": ["present", "absent"]},
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
        result = converge_services(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
