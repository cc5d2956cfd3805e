#!/usr/bin/python
# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: state_command
short_description: Install the command sluice-state
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice)
description:
  - Puts the command C(sluice-state) on a host, with a copy of the engine that the modules of this
    collection run. The command shows, checks and brings back what tasks have recorded.
  - The engine is in C(/usr/lib/sluice), the command is C(/usr/sbin/sluice-state). A new engine is
    written whole before the command switches to it, and the one before goes last.
  - The command runs with the Python interpreter that runs this task, because that one has the
    libraries that the modules need.
  - The role P(sluice.edge.director#role) does this, and installs the unit that runs the command at
    boot.
extends_documentation_fragment:
  - sluice.edge.attributes
options:
  state:
    description:
      - Whether the command shall be there. Records of tasks stay with V(absent).
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Have the command, in the version of this collection
  sluice.edge.state_command:

- name: Remove it
  sluice.edge.state_command:
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
    - install /usr/lib/sluice/engine-0f3a6c1be2d49875
    - write /usr/sbin/sluice-state
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._state.installation import (
    Place,
    install,
    own_engine,
    remove,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    try:
        if module.params["state"] == "present":
            result = install(own_engine(), Place(), module.check_mode)
        else:
            result = remove(Place(), module.check_mode)
    except EdgeError as error:
        module.fail_json(**error.as_result())
    module.exit_json(**result)


if __name__ == "__main__":
    main()
