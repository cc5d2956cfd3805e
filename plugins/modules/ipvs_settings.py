#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ipvs_settings
short_description: Converge the settings of the kernel's load balancer (IPVS)
version_added: 0.1.0
description:
  - Sets the timeouts of connections, the daemons that synchronise connections between directors,
    and the kernel parameters a director needs, each network namespace by itself.
  - Only what a task gives is looked at and changed. What it leaves out stays as it is.
author:
  - The sluice.edge authors (@sluice-edge)
options:
  timeouts:
    description:
      - Seconds after which IPVS forgets a connection without traffic, each 1 to 21474836. The
        kernel itself refuses more than 2147483647 divided by its CONFIG_HZ.
    type: dict
    suboptions:
      tcp:
        description:
          - Established TCP connections. A fresh kernel has 900.
        type: int
      tcp_fin:
        description:
          - TCP connections after a FIN. A fresh kernel has 120.
        type: int
      udp:
        description:
          - UDP. A fresh kernel has 300.
        type: int
  sync_master:
    description:
      - The daemon that sends this director's connections to others, so that they can take over.
      - An option left out keeps what a running daemon has. A changed daemon is stopped and started
        again; connections stay, and those of a moment are synchronised a little later.
      - A sync daemon does not go with real servers of another address family than their service's.
    type: dict
    suboptions:
      state:
        description:
          - V(present) when left out. V(absent) stops the daemon.
        type: str
        choices: [present, absent]
      interface:
        description:
          - The interface that the messages leave by. It must exist, be up and have an address.
          - Required unless O(sync_master.state=absent).
        type: str
      sync_id:
        description:
          - The number that master and backup of one pair share, 0 to 255. A new daemon gets 0.
        type: int
      max_length:
        description:
          - The most bytes of one message, 1 to 65507 (65487 with an IPv6 group). A new daemon gets
            what fits into 1500 bytes.
        type: int
      multicast_group:
        description:
          - The multicast address the messages go to, IPv4 or IPv6. A new daemon gets
            V(224.0.0.81).
        type: str
      multicast_port:
        description:
          - The UDP port the messages go to, 1 to 65535. A new daemon gets 8848.
        type: int
      multicast_ttl:
        description:
          - How many routers a message may pass, 1 to 255. A new daemon gets 1.
        type: int
  sync_backup:
    description:
      - The daemon that takes over the connections that a master sends. Its options are those of
        O(sync_master).
    type: dict
    suboptions:
      state:
        description:
          - V(present) when left out. V(absent) stops the daemon.
        type: str
        choices: [present, absent]
      interface:
        description:
          - The interface that the messages come in by. It must exist, be up and have an address.
          - Required unless O(sync_backup.state=absent).
        type: str
      sync_id:
        description:
          - The number of the master to listen to, 0 to 255. 0, which a new daemon gets, listens to
            every master.
        type: int
      max_length:
        description:
          - The most bytes of one message, 1024 to 65507 (65487 with an IPv6 group). A new daemon
            gets what fits into the interface's MTU. No less than the master's.
        type: int
      multicast_group:
        description:
          - The multicast address the messages come to, IPv4 or IPv6. A new daemon gets
            V(224.0.0.81).
        type: str
      multicast_port:
        description:
          - The UDP port the messages come to, 1 to 65535. A new daemon gets 8848.
        type: int
      multicast_ttl:
        description:
          - Kept by the kernel, but of no effect on a daemon that only listens, 1 to 255.
        type: int
  conntrack:
    description:
      - Whether connections through IPVS are also tracked by netfilter (C(net.ipv4.vs.conntrack)).
        Needed when firewall rules masquerade them or look at their state; costs speed otherwise.
    type: bool
  conn_reuse_mode:
    description:
      - What IPVS does when a client uses a port again while the old connection is still known
        (C(net.ipv4.vs.conn_reuse_mode)).
      - V(1) chooses a real server anew when that is safe, V(2) and V(3) also after the FIN that a
        director sees with direct routing, V(0) never.
      - V(auto) takes V(0) on Linux 4.1 to 5.8, where another mode can delay such a connection by a
        second, and never V(0) on other kernels, where it would keep sending clients to real
        servers that are drained or gone. There the modes V(1) to V(3) stay as they are.
      - V(0) is refused on those other kernels.
    type: str
    choices: [auto, '0', '1', '2', '3']
  expire_nodest_conn:
    description:
      - Whether a connection ends at once when its real server was removed
        (C(net.ipv4.vs.expire_nodest_conn)). Otherwise its packets are dropped until it times out.
    type: bool
  expire_quiescent_template:
    description:
      - Whether a persistent client leaves a real server whose weight is 0
        (C(net.ipv4.vs.expire_quiescent_template)). Without it, such a server never drains.
    type: bool
  sloppy_tcp:
    description:
      - Whether any TCP packet may begin a connection (C(net.ipv4.vs.sloppy_tcp)), so that another
        director can take over connections it knows nothing of. Suits direct routing and tunnels
        with a scheduler by hash.
    type: bool
  sloppy_sctp:
    description:
      - The same for SCTP (C(net.ipv4.vs.sloppy_sctp)).
    type: bool
  backup_only:
    description:
      - Whether a director with a running backup daemon and no master daemon stops balancing
        (C(net.ipv4.vs.backup_only)). Avoids packets that go round between a director and its
        backup which are also each other's real servers.
    type: bool
  sync_threshold:
    description:
      - Two numbers, a threshold and a period (C(net.ipv4.vs.sync_threshold)). A connection is
        synchronised when the number of its packets, divided by the period, leaves the threshold.
        The threshold must be below the period, unless the period is 0.
    type: list
    elements: int
  sync_refresh_period:
    description:
      - Seconds, 0 to 3600, within which an unchanged connection is not synchronised again
        (C(net.ipv4.vs.sync_refresh_period)).
    type: int
  sync_retries:
    description:
      - How often a connection is synchronised again against lost messages, 0 to 3
        (C(net.ipv4.vs.sync_retries)).
    type: int
  sync_persist_mode:
    description:
      - Whether only the persistence of a persistent service is synchronised, not each of its
        connections (C(net.ipv4.vs.sync_persist_mode)).
    type: bool
  ip_forward:
    description:
      - Whether the host forwards IPv4 (C(net.ipv4.ip_forward)); a director that masquerades needs
        it. The kernel sets it on every interface.
    type: bool
  ipv6_forwarding:
    description:
      - Whether the host forwards IPv6 (C(net.ipv6.conf.all.forwarding)). The kernel sets it on
        every interface, and an interface that forwards takes router advertisements only with
        C(accept_ra) 2.
    type: bool
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.kernel
  - sluice.edge.state
notes:
  - When the kernel refuses a setting, those made before are taken back. Forwarding is set last,
    because taking it back cannot tell which interface had it before.
  - In check mode, on a host where IPVS is not loaded yet, the settings of a fresh kernel are what
    the task's are compared with.
seealso:
  - module: sluice.edge.ipvs_service
  - module: sluice.edge.ipvs_server
  - module: sluice.edge.ipvs_info
"""

EXAMPLES = r"""
- name: Set up a director that masquerades
  sluice.edge.ipvs_settings:
    ip_forward: true
    conntrack: true
    conn_reuse_mode: auto
    expire_nodest_conn: true
    expire_quiescent_template: true

- name: Forget idle connections sooner
  sluice.edge.ipvs_settings:
    timeouts:
      tcp: 300
      tcp_fin: 30
      udp: 60

- name: Let two directors know each other's connections
  sluice.edge.ipvs_settings:
    sync_master:
      interface: eth1
      sync_id: 7
    sync_backup:
      interface: eth1
      sync_id: 7
    sync_refresh_period: 10
    sync_retries: 2

- name: Stop sending connections, in a network namespace
  sluice.edge.ipvs_settings:
    sync_master:
      state: absent
    netns: edge

- name: Read the settings of one director
  sluice.edge.ipvs_info:
    with_statistics: false
  delegate_to: director1
  register: director1_ipvs

- name: Give this director the same ones
  sluice.edge.ipvs_settings:
    timeouts: "{{ director1_ipvs.settings.timeouts }}"
    conntrack: "{{ director1_ipvs.settings.conntrack }}"
"""

RETURN = r"""
operations:
  description: What was done, or in check mode would be done, one line an operation, in order.
  returned: success
  type: list
  elements: str
  sample:
    - change sysctl net.ipv4.vs.conntrack
    - change connection timeouts
    - create sync daemon master
undone:
  description: After a failure, what had been done and was taken back.
  returned: when the kernel refuses an operation
  type: list
  elements: str
  sample: [change connection timeouts]
not_undone:
  description: After a failure, what could not be taken back, with the reason.
  returned: when the kernel refuses an operation
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.converge import (
    converge_settings,
)

SYNC_DAEMON = {
    "state": {"type": "str", "choices": ["present", "absent"]},
    "interface": {"type": "str"},
    "sync_id": {"type": "int"},
    "max_length": {"type": "int"},
    "multicast_group": {"type": "str"},
    "multicast_port": {"type": "int"},
    "multicast_ttl": {"type": "int"},
}
ARGUMENTS = {
    "timeouts": {
        "type": "dict",
        "options": {
            "tcp": {"type": "int"},
            "tcp_fin": {"type": "int"},
            "udp": {"type": "int"},
        },
    },
    "sync_master": {"type": "dict", "options": SYNC_DAEMON},
    "sync_backup": {"type": "dict", "options": SYNC_DAEMON},
    "conntrack": {"type": "bool"},
    "conn_reuse_mode": {"type": "str", "choices": ["auto", "0", "1", "2", "3"]},
    "expire_nodest_conn": {"type": "bool"},
    "expire_quiescent_template": {"type": "bool"},
    "sloppy_tcp": {"type": "bool"},
    "sloppy_sctp": {"type": "bool"},
    "backup_only": {"type": "bool"},
    "sync_threshold": {"type": "list", "elements": "int"},
    "sync_refresh_period": {"type": "int"},
    "sync_retries": {"type": "int"},
    "sync_persist_mode": {"type": "bool"},
    "ip_forward": {"type": "bool"},
    "ipv6_forwarding": {"type": "bool"},
    "netns": {"type": "str"},
    "persist": {"type": "bool", "default": True},
    "runtime": {"type": "bool", "default": True},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = converge_settings(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
