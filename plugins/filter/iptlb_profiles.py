# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: iptlb_profiles
short_description: Profiles of sluice.edge.dnat_profile from the state of IPTLB
version_added: 0.2.0
author:
  - The sluice.edge authors (@sluice)
description:
  - Turns the state of IPTLB, as it is in its state file, into a list for
    O(sluice.edge.dnat_profile#module:config).
  - A profile that cannot be used is left out, and a warning names it and says what is wrong. It
    fails when there are profiles and none can be used.
  - A destination that is listed several times gets that weight.
  - A name that M(sluice.edge.dnat_profile) does not take gets dashes in place of the characters
    that are wrong, and is kept in the comment.
options:
  _input:
    description: The content of the state file, a dictionary of profiles by name.
    type: dict
    required: true
seealso:
  - module: sluice.edge.dnat_profile
"""

EXAMPLES = r"""
- name: Take profiles over from IPTLB
  sluice.edge.dnat_profile:
    config: "{{ state | from_yaml | sluice.edge.iptlb_profiles }}"
  vars:
    state: |
      shop:
        source: 192.0.2.100:80
        destination: [198.51.100.11:8080, 198.51.100.12:8080]
        protocol: tcp
        rulesBackend: proxy
"""

RETURN = r"""
_value:
  description: The profiles, in the order of the state.
  type: list
  elements: dict
  sample:
    - name: shop
      address: 192.0.2.100
      port: 80
      protocol: tcp
      side: proxy
      destinations:
        - address: 198.51.100.11
          port: 8080
          weight: 1
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptlb import read_state


def iptlb_profiles(state: object) -> list[dict[str, Any]]:
    """Return the profiles of a state of IPTLB; warns of those that cannot be used."""
    try:
        imported = read_state(state)
    except InvalidInput as error:
        raise AnsibleFilterError("iptlb_profiles: %s" % error) from None
    for complaint in imported.complaints:
        Display().warning(complaint)
    return imported.config


class FilterModule:
    """What Ansible looks for in a file of filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by their names."""
        return {"iptlb_profiles": iptlb_profiles}
