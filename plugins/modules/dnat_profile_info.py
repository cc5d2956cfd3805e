#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dnat_profile_info
short_description: List profiles of destination NAT
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice)
description:
  - Lists profiles in the form that M(sluice.edge.dnat_profile) takes them, with what was counted
    for each destination. All of it is read from the kernel.
  - Reading them needs root, so use C(become).
extends_documentation_fragment:
  - sluice.edge.attributes.info
options:
  name:
    description: Only the profile of this name.
    type: str
    aliases: [profile]
  backend:
    description:
      - What holds the profiles. V(nftables), V(iptables) for the legacy xtables of IPv4 and IPv6,
        or V(auto).
      - With V(auto), the one that holds profiles already is used; else V(iptables) where legacy
        xtables has rules, or where nftables is missing; else V(nftables). The result says which.
      - When it is not given, V(nftables) is used.
    type: str
    choices: [nftables, iptables, auto]
  netns:
    description:
      - Name of the network namespace to work in, as C(ip netns list) shows it.
      - Without it the module works in the namespace that Ansible's process is in.
    type: str
requirements:
  - Python 3.8 or newer on the managed host.
  - Linux 5.10 or newer with nf_tables on the managed host, save with O(backend=iptables).
seealso:
  - module: sluice.edge.dnat_profile
"""

EXAMPLES = r"""
- name: List all profiles
  sluice.edge.dnat_profile_info:
  register: found

- name: Keep a copy of them that the dnat_profile module takes as it is
  ansible.builtin.copy:
    content: "{{ found.profiles | to_nice_yaml }}"
    dest: /root/profiles.yml
    mode: "0600"

- name: Check that nobody changed the table by hand
  ansible.builtin.assert:
    that:
      - found.damage | length == 0
      - found.details | map(attribute='damage') | flatten | length == 0
"""

RETURN = r"""
profiles:
  description:
    - The profiles, each as an entry of the O(sluice.edge.dnat_profile#module:config) option.
  returned: success
  type: list
  elements: dict
  sample:
    - name: www
      address: 192.0.2.100
      port: 80
      protocol: tcp
      side: server
      destinations:
        - {address: 198.51.100.11, port: 8080, weight: 2}
      balancing: random
      affinity: 0
      masquerade: hairpin
      on_empty: reject
backend:
  description: What holds the profiles, V(nftables) or V(iptables).
  returned: success
  type: str
  sample: nftables
details:
  description: What was counted, for the same profiles in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name of the profile.
      type: str
      returned: success
      sample: www
    family:
      description: V(ipv4) or V(ipv6).
      type: str
      returned: success
      sample: ipv4
    packets:
      description:
        - Packets that clients sent to the destinations listed, since these were added.
        - On V(iptables), only the first packet of each connection is counted, so that this is the
          number of connections.
      type: int
      returned: success
      sample: 1200
    bytes:
      description: The bytes of these packets.
      type: int
      returned: success
      sample: 90000
    destinations:
      description: The same for each destination, with its address, port and weight.
      type: list
      elements: dict
      returned: success
      sample:
        - {address: 198.51.100.11, port: 8080, weight: 2, packets: 1200, bytes: 90000}
    damage:
      description: The sets or chains in which something of the profile is missing or wrong.
      type: list
      elements: str
      returned: success
      sample: []
damage:
  description: What else of the table or the chains is missing, wrong or too much.
  returned: success
  type: list
  elements: str
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "aliases": ["profile"]},
            "backend": {"type": "str", "choices": ["nftables", "iptables", "auto"]},
            "netns": {"type": "str"},
        },
        supports_check_mode=True,
    )
    try:
        result = list_profiles(module.params)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
