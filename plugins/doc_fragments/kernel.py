# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules that work on the kernel of the managed host have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """``sluice.edge.kernel``."""

    DOCUMENTATION = r"""
options:
  netns:
    description:
      - Name of the network namespace to work in, as C(ip netns list) shows it.
      - Without it the module works in the namespace that Ansible's process is in.
    type: str
requirements:
  - Python 3.8 or newer on the managed host.
notes:
  - Changing anything needs root, so use C(become), and in a container the capability
    C(CAP_NET_ADMIN).
  - Processes of this collection wait for each other, so that two runs on one host at the same time
    lose nothing.
"""
