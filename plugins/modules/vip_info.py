#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vip_info
short_description: List the addresses of a host
version_added: 0.1.0
author:
  - The sluice.edge authors (@sluice-edge)
description:
  - Lists IPv4 and IPv6 addresses in the form that M(sluice.edge.vip) takes them, with all that the
    kernel knows about them and their interfaces.
extends_documentation_fragment:
  - sluice.edge.attributes.info
  - sluice.edge.kernel
options:
  interface:
    description: Only addresses of this interface.
    type: str
  scope:
    description:
      - Only addresses of this scope. When it is not given, V(global) is used.
    type: str
    choices: [global, link, host, all]
seealso:
  - module: sluice.edge.vip
"""

EXAMPLES = r"""
- name: List the addresses of one interface
  sluice.edge.vip_info:
    interface: eth0
  register: found

- name: Keep a copy of them that the vip module takes as it is
  ansible.builtin.copy:
    content: "{{ found.addresses | to_nice_yaml }}"
    dest: /root/addresses.yml
    mode: "0600"

- name: Check that no address failed duplicate address detection
  ansible.builtin.assert:
    that: found.details | selectattr('dadfailed') | length == 0
"""

RETURN = r"""
addresses:
  description:
    - The addresses, each as an entry of the O(sluice.edge.vip#module:config) option.
    - Those that M(sluice.edge.vip) cannot declare are only in RV(details), which are loopback and
      point-to-point addresses, addresses from DHCP and router advertisements, and duplicates.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      type: str
      returned: success
      sample: 192.0.2.10
    prefix:
      description: The prefix length.
      type: int
      returned: success
      sample: 32
    interface:
      description: The interface that has the address.
      type: str
      returned: success
      sample: eth0
    label:
      description: The label of an IPv4 address.
      type: str
      returned: when the label is not just the interface's name
      sample: eth0:www
    preferred_lifetime:
      description: The seconds for which it may be chosen as a source, or V(forever).
      type: raw
      returned: success
      sample: forever
details:
  description: All selected addresses, as the kernel has them.
  returned: success
  type: list
  elements: dict
  contains:
    address:
      description: The address.
      type: str
      returned: success
      sample: 192.0.2.10
    prefix:
      description: The prefix length.
      type: int
      returned: success
      sample: 32
    family:
      description: V(ipv4) or V(ipv6).
      type: str
      returned: success
      sample: ipv4
    interface:
      description: The interface that has the address.
      type: str
      returned: success
      sample: eth0
    label:
      description: The label of an IPv4 address, which is the interface's name without one.
      type: str
      returned: success
      sample: eth0
    peer:
      description: The other end of a point-to-point address.
      type: str
      returned: success
      sample: null
    broadcast:
      description: The broadcast address of an IPv4 address.
      type: str
      returned: success
      sample: null
    scope:
      description: V(global), V(site), V(link), V(host), V(nowhere) or a number.
      type: str
      returned: success
      sample: global
    preferred_lifetime:
      description: The seconds for which it may be chosen as a source, or V(forever).
      type: raw
      returned: success
      sample: forever
    valid_lifetime:
      description: The seconds after which the kernel removes it, or V(forever).
      type: raw
      returned: success
      sample: forever
    secondary:
      description: Whether another IPv4 address of the same subnet is the primary one.
      type: bool
      returned: success
      sample: false
    temporary:
      description: Whether it is an IPv6 privacy address.
      type: bool
      returned: success
      sample: false
    tentative:
      description: Whether IPv6 duplicate address detection is not over, or failed.
      type: bool
      returned: success
      sample: false
    dadfailed:
      description: Whether IPv6 duplicate address detection found another host with the address.
      type: bool
      returned: success
      sample: false
    deprecated:
      description: Whether it is never chosen as a source of new connections.
      type: bool
      returned: success
      sample: false
    nodad:
      description: Whether it was added without IPv6 duplicate address detection.
      type: bool
      returned: success
      sample: false
    leased:
      description: Whether it ends by itself, as addresses from DHCP and router advertisements do.
      type: bool
      returned: success
      sample: false
    kernel_made:
      description: Whether the kernel added it itself.
      type: bool
      returned: success
      sample: false
interfaces:
  description: The selected interfaces.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      returned: success
      sample: eth0
    mac:
      description: The hardware address.
      type: str
      returned: success
      sample: 02:00:5e:10:00:01
    mtu:
      description: The largest packet in bytes.
      type: int
      returned: success
      sample: 1500
    up:
      description: Whether it is set up.
      type: bool
      returned: success
      sample: true
    carrier:
      description: Whether it is set up and has a carrier.
      type: bool
      returned: success
      sample: true
    statistics:
      description:
        - The kernel's 64-bit counters by name, such as C(rx_packets), C(tx_bytes), C(rx_dropped).
      type: dict
      returned: success
      sample: {rx_packets: 1200, tx_packets: 900}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._vip.listing import list_addresses


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "interface": {"type": "str"},
            "scope": {"type": "str", "choices": ["global", "link", "host", "all"]},
            "netns": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        result = list_addresses(module.params)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
