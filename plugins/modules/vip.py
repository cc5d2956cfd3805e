#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip
short_description: Virtual addresses of a host
version_added: 0.1.0
author:
  - The sluice.edge authors (@sluice-edge)
description:
  - Adds and removes IPv4 and IPv6 addresses that services of this host are reached at.
  - A new address is first asked for on the network. When another host has it, the task fails and
    nothing is changed.
  - A new address is then announced to the neighbours, so that they send to this host at once.
  - An address is told apart by interface, address and prefix length. An address that the interface
    has with another prefix length is never changed or removed, because it may be the host's own.
extends_documentation_fragment:
  - sluice.edge.attributes
  - sluice.edge.kernel
  - sluice.edge.state
  - sluice.edge.config
options:
  address:
    description:
      - The address, or the address with its prefix length, such as V(192.0.2.10/24).
      - Required unless O(config) is given.
    type: str
    aliases: [ip]
  prefix:
    description:
      - The prefix length. When it is given neither here nor in O(address), it is 32 for IPv4 and
        128 for IPv6, which suits virtual addresses best, because such an address never depends on
        another one.
    type: int
  interface:
    description:
      - The interface that gets the address. Required unless O(config) is given.
    type: str
  label:
    description:
      - The label of an IPv4 address, at most 15 characters that start with the interface's name
        and a colon, such as V(eth0:1).
      - Without it the address has no label of its own. The kernel cannot change a label, so the
        address is removed and added at once.
    type: str
    aliases: [alias]
  preferred_lifetime:
    description:
      - For how many seconds the address may be chosen as the source of new connections, or
        V(forever), which is used when the option is not given.
      - V(0) never lets it be chosen, so that connections of the host itself keep its own address
        as their source.
      - A number of seconds runs down. It is set again, and reported as a change, when less than
        half of it is left.
    type: str
  nodad:
    description:
      - Whether an IPv6 address is used without duplicate address detection.
      - When it is not given, V(false) is used. The task then waits until the kernel has an answer,
        which takes one to two seconds. When another host has the address, the address is removed
        again and the task fails.
      - An interface without a carrier gets the address at once, and the kernel does the detection
        when the carrier comes.
      - It tells how a new address is taken. Nothing changes for an address that is there.
    type: bool
  duplicate_detection:
    description:
      - Whether the network is asked by ARP if another host has the IPv4 address before it is taken.
      - When it is not given, V(true) is used. Set it to V(false) to take over an address that
        another host still answers for.
      - Interfaces that do not use ARP and interfaces without a carrier are not asked on.
    type: bool
  duplicate_detection_timeout:
    description:
      - For how many seconds answers are waited for, 0.2 to 60. Three questions are spread over
        that time, for all new addresses at once.
      - When it is not given, 2 is used. RFC 5227 would wait for up to 9 seconds, which suits
        networks whose ports start forwarding late.
    type: float
  announce_count:
    description:
      - How often a new address is announced, 0 to 100. Each time the neighbours get a gratuitous
        ARP request and reply, or for IPv6 an unsolicited neighbour advertisement that overrides
        what they know.
      - When it is not given, 3 is used. V(0) announces nothing.
      - Interfaces that do not use ARP and interfaces without a carrier are not announced on.
    type: int
  announce_interval:
    description:
      - Seconds between two announcements, 0.1 to 60, for all new addresses at once.
      - When it is not given, 1.1 is used. Linux neighbours ignore a second announcement within one
        second.
    type: float
  state:
    description:
      - Whether the address shall be there. When it is not given, V(present) is used.
      - V(absent) removes exactly the address with the prefix length, whatever its label is. Other
        IPv4 addresses of the same subnet stay.
    type: str
    choices: [present, absent]
  take:
    description:
      - Whether addresses that are not there yet are taken. When it is not given, V(true) is used.
      - V(false) only changes and removes. Before M(sluice.edge.ipvs_service) removes a service,
        this takes its address away first, so that no client is refused in between.
    type: bool
notes:
  - O(purge=true) needs O(purge_scope), because the host's own addresses would go otherwise. It
    never removes loopback addresses, IPv6 link-local addresses, and addresses from DHCP or from
    router advertisements. Nor does it remove an address with a subnet, that is with a prefix length
    below 32 or, for IPv6, below 128, because it may be what connects the host. Remove such an
    address by O(state=absent).
  - systemd-networkd removes addresses that it does not know when it is restarted or configures a
    link anew. Set C(KeepConfiguration=static) in the C([Network]) section of the link's file to
    keep virtual addresses.
  - Asking for and announcing addresses needs the capability C(CAP_NET_RAW) too.
  - A running O(preferred_lifetime) on an IPv4 address works only on an address that ends. Such an
    address is therefore added with a valid lifetime of 136 years.
seealso:
  - module: sluice.edge.vip_info
"""

EXAMPLES = r"""
- name: Add a virtual address, never used as a source
  sluice.edge.vip:
    address: 192.0.2.10
    interface: eth0
    label: eth0:www
    preferred_lifetime: 0

- name: Add the virtual addresses of a director and remove those of former services
  sluice.edge.vip:
    config:
      - address: 192.0.2.10
        interface: eth0
      - address: 192.0.2.11
        interface: eth0
        label: eth0:mail
      - address: 2001:db8::10
        interface: eth0
    purge: true
    purge_scope:
      - 192.0.2.0/26
      - 2001:db8::/120
    purge_ignore:
      - 192.0.2.2

- name: Take an address over from a host that does not answer any more but still has it
  sluice.edge.vip:
    address: 192.0.2.10
    interface: eth0
    duplicate_detection: false
    announce_count: 5

- name: Give a real server the service's address for direct routing, where nobody asks for it
  sluice.edge.vip:
    config:
      - address: 192.0.2.10
        interface: lo
      - address: 2001:db8::10
        interface: lo
        nodad: true

- name: Remove an address inside a network namespace
  sluice.edge.vip:
    address: 192.0.2.10
    interface: eth0
    netns: edge
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
    - create virtual address 192.0.2.10/32 on eth0
undone:
  description: What had been done before the failure and was taken back, in order.
  returned: when the kernel or the network refused an operation
  type: list
  elements: str
  sample:
    - delete virtual address 192.0.2.10/32 on eth0
not_undone:
  description: What had been done before the failure and could not be taken back, with the reason.
  returned: when the kernel or the network refused an operation
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "address": {"type": "str", "aliases": ["ip"]},
            "prefix": {"type": "int"},
            "interface": {"type": "str"},
            "label": {"type": "str", "aliases": ["alias"]},
            "preferred_lifetime": {"type": "str"},
            "nodad": {"type": "bool"},
            "duplicate_detection": {"type": "bool"},
            "duplicate_detection_timeout": {"type": "float"},
            "announce_count": {"type": "int"},
            "announce_interval": {"type": "float"},
            "state": {"type": "str", "choices": ["present", "absent"]},
            "take": {"type": "bool"},
            "config": {"type": "list", "elements": "dict"},
            "purge": {"type": "bool"},
            "purge_scope": {"type": "list", "elements": "str"},
            "purge_ignore": {"type": "list", "elements": "str"},
            "netns": {"type": "str"},
            "persist": {"type": "bool", "default": True},
            "runtime": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        result = converge_addresses(module.params, module.check_mode, module._diff)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
