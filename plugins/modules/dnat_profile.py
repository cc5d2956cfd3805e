#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dnat_profile
short_description: Profiles of destination NAT in nftables or legacy iptables
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice)
description:
  - Sends connections to one address and port on to other addresses and ports, shared out by
    weight.
  - On nftables, all profiles are in one table of their own, C(inet sluice), that is changed by one
    transaction for each task. Other tables are never touched.
  - On legacy iptables, they are in chains of their own, whose names begin with C(SLUICE-), that are
    changed by one commit for each table and family. Other chains get at most one rule, at their
    head.
  - A profile is told apart by its name. Profiles may share an address and port when their protocol
    differs, or when O(side) never sees the same packets.
  - An element or rule of theirs that was deleted or added by hand is found, shown as a change,
    and set right.
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.kernel
  - sluice.edge.state
options:
  name:
    description:
      - The name of the profile, of 1 to 63 letters, digits, dots, dashes and underscores, the first
        being a letter or digit. Required unless O(config) or O(iptlb_state) is given.
    type: str
    aliases: [profile]
  address:
    description:
      - The address whose connections are captured. Required unless O(config) or O(iptlb_state) is
        given, or O(state=absent).
    type: str
  port:
    description:
      - The port whose connections are captured. Required wherever O(address) is given.
    type: int
  protocol:
    description:
      - The protocol of the connections. When it is not given, V(tcp) is used.
    type: str
    choices: [tcp, udp, sctp]
  side:
    description:
      - Which connections are captured. V(client) takes those that the host itself opens, V(proxy)
        those that arrive at the host from elsewhere, and V(server) both, which suits an address of
        the host.
      - When it is not given, V(server) is used.
    type: str
    choices: [client, proxy, server]
    aliases: [rules_backend]
  destinations:
    description:
      - Where the connections go. Required wherever O(address) is given. With an empty list,
        O(on_empty) says what becomes of the connections.
    type: list
    elements: dict
    suboptions:
      address:
        description: The address, of the same family as the profile's.
        type: str
        required: true
        aliases: [host, ip]
      port:
        description: The port, which is the profile's when it is not given.
        type: int
      weight:
        description:
          - The share of new connections, 0 to 65535. When it is not given, 1 is used. With V(0)
            there are no new ones, while those there are go on.
          - The weights of a profile, divided by their greatest common divisor, must not add up to
            more than 1024.
        type: int
  balancing:
    description:
      - How a new connection gets its destination. V(random) draws lots, V(round_robin) takes one
        after the other, V(source_hash) always takes the same for the same source address.
      - Profiles with the same O(side), number of shares and other treatment count round together
        with V(round_robin).
      - When it is not given, V(random) is used.
    type: str
    choices: [random, round_robin, source_hash]
  affinity:
    description:
      - For how many seconds after its last new connection a client keeps its destination, at most
        604800. When it is not given, or V(0), each connection is balanced anew.
      - 262144 clients are remembered for each O(side); beyond that, new ones are balanced anew.
    type: int
  masquerade:
    description:
      - When the destination sees the connection come from this host, so that its answers come back
        this way. V(never), V(always), or V(hairpin), where only connections that one of the
        destinations itself opens are masqueraded.
      - When it is not given, V(hairpin) is used. Clients in the network of the destinations, which
        would get the answers directly, need V(always).
    type: str
    choices: [never, hairpin, always]
  sources:
    description:
      - Addresses and networks in CIDR notation. Connections from elsewhere are not captured. When
        it is not given, all are.
    type: list
    elements: str
  on_empty:
    description:
      - What becomes of connections when no destination with a weight is left. V(reject) tells the
        client, V(drop) lets it wait.
      - When it is not given, V(reject) is used.
    type: str
    choices: [reject, drop]
  log:
    description:
      - Whether new connections are written to the kernel's log. When it is not given, V(false) is
        used.
    type: bool
  log_prefix:
    description:
      - What each line begins with, of at most 64 bytes. When it is not given,
        C(sluice dnat:) is used.
    type: str
  log_level:
    description:
      - The level of the lines, by its name or number. V(emerg), V(alert), V(crit), V(err), V(warn),
        V(notice), V(info) or V(debug). When it is not given, V(info) is used.
    type: str
  log_rate:
    description:
      - How many lines are written at most, as a number and V(second), V(minute), V(hour) or
        V(day). When it is not given, V(10/second) is used.
      - Profiles that are treated alike, prefix included, share the rate.
    type: str
  comment:
    description:
      - A remark that is kept with the profile in the kernel, of at most 60 bytes.
    type: str
  flush:
    description:
      - Which tracked connections are forgotten when their destination leaves the profile or the
        profile goes. V(udp) forgets those of UDP profiles, because a client that keeps sending
        would go on to the old destination for ever. V(all) does so for every protocol, which breaks
        those connections.
      - When it is not given, V(udp) is used.
    type: str
    choices: [udp, all]
  state:
    description:
      - Whether the profile shall be there. When it is not given, V(present) is used. For V(absent),
        O(name) is enough.
    type: str
    choices: [present, absent]
  config:
    description:
      - A list of profiles, each with the options that this module otherwise takes itself.
      - The whole list is checked before anything is changed, and is written as one transaction.
      - It excludes the options of a single profile.
    type: list
    elements: dict
  purge:
    description:
      - Whether profiles that O(config) does not list are removed.
      - When it is not given, V(false) is used and profiles that nobody lists are never touched.
    type: bool
  purge_ignore:
    description:
      - Names of profiles. With O(purge=true), these stay.
    type: list
    elements: str
  iptlb_state:
    description:
      - The state file of IPTLB on the managed host, for example C(/opt/iptlb/local/state.db). Its
        profiles are converged as if O(config) listed them.
      - A profile that cannot be used is left out, and a warning names it and says what is wrong.
        The task fails when none can be used.
      - It excludes O(config), O(purge) and the options of a single profile, and needs PyYAML on the
        managed host (Debian package C(python3-yaml)). The filter
        P(sluice.edge.iptlb_profiles#filter) does the same on the controller.
    type: path
  backend:
    description:
      - What holds the profiles. V(nftables), V(iptables) for the legacy xtables of IPv4 and IPv6,
        or V(auto).
      - With V(auto), the one that holds profiles already is used; else V(iptables) where legacy
        xtables has rules, or where nftables is missing; else V(nftables). The result says which.
      - When it is not given, V(nftables) is used.
      - A profile that the other backend holds is refused. Remove it there first.
      - On V(iptables), O(log_prefix) has at most 29 bytes, O(log_rate) is at most 10000 a second,
        and O(balancing=source_hash) needs the kernel module C(xt_bpf). For
        O(affinity), the kernel remembers 100 clients for each destination, unless its parameter
        C(ip_list_tot) of C(xt_recent) is raised.
      - On V(iptables), connections without a destination (O(on_empty)) come by port 9 or 1 of the
        host itself and the C(INPUT) chain of table C(filter).
    type: str
    choices: [nftables, iptables, auto]
  manage_sysctl:
    description:
      - Whether the task sets kernel parameters that the profiles need. These are
        C(net.ipv4.ip_forward) and C(net.ipv6.conf.all.forwarding) where connections that arrive go
        on to other hosts, and C(net.ipv4.conf.all.route_localnet) where a connection crosses
        between a loopback address and the network. They show in the diff, and are never unset.
      - When it is not given, V(true) is used. With V(false) the task fails when one is missing.
      - An entry of O(config) may have it too, which goes before the task's own. It is recorded with
        the profile, so that C(sluice-state apply) sets parameters or fails alike.
    type: bool
requirements:
  - Linux 5.10 or newer with nf_tables on the managed host. Neither the command C(nft) nor its
    library is needed.
  - With O(backend=iptables), python-iptables 1.0.1 or newer instead (Debian package
    C(python3-iptables)), a 64-bit Python, and Linux 4.18 or newer.
notes:
  - A chain that filters forwarded packets must let the connections through. The module does not
    change it.
  - The command C(nft) lists the table, and loads its own listing again, save that nft 1.0.6 cannot
    load rules for O(affinity) of IPv6.
  - nftables cannot translate what the kernel has no connection tracking for.
seealso:
  - module: sluice.edge.dnat_profile_info
  - plugin: sluice.edge.iptlb_profiles
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Share a web site out over two servers, one of them twice as strong
  sluice.edge.dnat_profile:
    name: www
    address: 192.0.2.100
    port: 80
    destinations:
      - {address: 198.51.100.11, port: 8080, weight: 2}
      - {address: 198.51.100.12, port: 8080}
    masquerade: always

- name: Let these be all profiles of the host, save one
  sluice.edge.dnat_profile:
    config:
      - name: www
        address: 192.0.2.100
        port: 80
        destinations:
          - {address: 198.51.100.11}
          - {address: 198.51.100.12}
        affinity: 600
        comment: the shop
      - name: dns
        address: 192.0.2.100
        port: 53
        protocol: udp
        side: proxy
        sources: [192.0.2.0/24]
        destinations:
          - {address: 198.51.100.13}
      - name: www6
        address: 2001:db8::100
        port: 80
        balancing: source_hash
        destinations:
          - {address: "2001:db8:1::11"}
          - {address: "2001:db8:1::12"}
    purge: true
    purge_ignore: [legacy]

- name: Send what this host itself asks a database for to its replica, and log it
  sluice.edge.dnat_profile:
    name: database
    address: 198.51.100.20
    port: 5432
    side: client
    destinations:
      - {address: 198.51.100.21}
    log: true
    log_prefix: "database: "
    log_rate: 5/minute

- name: Take a service out of use, and tell its clients
  sluice.edge.dnat_profile:
    name: www
    address: 192.0.2.100
    port: 80
    destinations: []
    on_empty: reject

- name: Take over the profiles that IPTLB keeps on the managed host
  sluice.edge.dnat_profile:
    iptlb_state: /opt/iptlb/local/state.db

- name: Use what the host uses, nftables or legacy iptables
  sluice.edge.dnat_profile:
    name: www
    address: 192.0.2.100
    port: 80
    destinations:
      - {address: 198.51.100.11}
    backend: auto

- name: Remove a profile
  sluice.edge.dnat_profile:
    name: www
    state: absent
"""

RETURN = r"""
operations:
  description:
    - What was done, or in check mode what would be done, in order. Empty when nothing changes.
  returned: success
  type: list
  elements: str
  sample:
    - create dnat profile www
backend:
  description: What holds the profiles, V(nftables) or V(iptables).
  returned: success
  type: str
  sample: nftables
undone:
  description: What had been done before the failure and was taken back, in order.
  returned: when the kernel refused an operation
  type: list
  elements: str
  sample:
    - change sysctl net.ipv4.ip_forward
not_undone:
  description: What had been done before the failure and could not be taken back, with the reason.
  returned: when the kernel refused an operation
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "aliases": ["profile"]},
            "address": {"type": "str"},
            "port": {"type": "int"},
            "protocol": {"type": "str", "choices": ["tcp", "udp", "sctp"]},
            "side": {
                "type": "str",
                "choices": ["client", "proxy", "server"],
                "aliases": ["rules_backend"],
            },
            "destinations": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "address": {"type": "str", "required": True, "aliases": ["host", "ip"]},
                    "port": {"type": "int"},
                    "weight": {"type": "int"},
                },
            },
            "balancing": {"type": "str", "choices": ["random", "round_robin", "source_hash"]},
            "affinity": {"type": "int"},
            "masquerade": {"type": "str", "choices": ["never", "hairpin", "always"]},
            "sources": {"type": "list", "elements": "str"},
            "on_empty": {"type": "str", "choices": ["reject", "drop"]},
            "log": {"type": "bool"},
            "log_prefix": {"type": "str"},
            "log_level": {"type": "str"},
            "log_rate": {"type": "str"},
            "comment": {"type": "str"},
            "flush": {"type": "str", "choices": ["udp", "all"]},
            "state": {"type": "str", "choices": ["present", "absent"]},
            "config": {"type": "list", "elements": "dict"},
            "purge": {"type": "bool"},
            "purge_ignore": {"type": "list", "elements": "str"},
            "iptlb_state": {"type": "path"},
            "backend": {"type": "str", "choices": ["nftables", "iptables", "auto"]},
            "manage_sysctl": {"type": "bool"},
            "netns": {"type": "str"},
            "persist": {"type": "bool", "default": True},
            "runtime": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        result = converge_profiles(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
