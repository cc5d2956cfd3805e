#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: proxy_route_info
short_description: List the routes of the reverse proxy
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice-edge)
description:
  - Lists routes of a running proxy in the form that M(sluice.edge.proxy_route) takes them, with
    what the proxy knows about them.
extends_documentation_fragment:
  - sluice.edge.attributes.info
  - sluice.edge.proxy
options:
  name:
    description: Only those of these names.
    type: list
    elements: str
    aliases: [id]
  owner:
    description: Only those that this owner declared.
    type: str
  status:
    description:
      - Whether health, requests per second and requests in flight are told too. When it is not
        given, V(false) is used.
    type: bool
notes:
  - A route with a sticky cookie is listed with the secret of it, because it could not be declared
    otherwise. Use C(no_log) where that may not be shown.
seealso:
  - module: sluice.edge.proxy_route
"""

EXAMPLES = r"""
- name: List the routes that Ansible declared
  sluice.edge.proxy_route_info:
    owner: ansible
  register: found

- name: Keep a copy of them that the module takes as it is
  ansible.builtin.copy:
    content: "{{ found.routes | to_nice_yaml }}"
    dest: /root/routes.yml
    mode: "0600"

- name: See how the targets of one route are
  sluice.edge.proxy_route_info:
    name: [www]
    status: true
"""

RETURN = r"""
routes:
  description:
    - The routes, each as an entry of the O(sluice.edge.proxy_route#module:config) option, in the
      order of their names. Targets are dictionaries with weight and state.
    - Those of the configuration file are only in RV(details).
  returned: success
  type: list
  elements: dict
  sample:
    - name: www
      hosts: [www.example.com]
      targets:
        - {url: "http://198.51.100.11:8080", weight: 1, state: active}
details:
  description: All selected routes, as the proxy has them.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name.
      type: str
      returned: success
      sample: www
    origin:
      description: V(api) for what was declared, V(file) for what the configuration file has.
      type: str
      returned: success
      sample: api
    owner:
      description: Who declared it.
      type: str
      returned: success
      sample: ansible
    version:
      description: A number that every change of it makes higher, V(0) for the configuration file's.
      type: int
      returned: success
      sample: 12
    document:
      description: What declares the route.
      type: dict
      returned: success
      sample: {hosts: [www.example.com], targets: ["http://198.51.100.11:8080"]}
    status:
      description:
        - How the route is, with C(action), C(traffic) and C(targets), each target with C(name),
          C(weight), C(state), C(health) and C(traffic). Traffic is C(per_second),
          C(failures_per_second), C(p50), C(p99), C(total) and C(in_flight).
      type: dict
      returned: with O(status=true)
      sample: {action: targets, traffic: {per_second: 12.5, in_flight: 3}}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._proxy.listing import list_routes


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "list", "elements": "str", "aliases": ["id"]},
            "owner": {"type": "str"},
            "status": {"type": "bool"},
            "socket": {"type": "path"},
        },
        supports_check_mode=True,
    )
    try:
        result = list_routes(module.params)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
