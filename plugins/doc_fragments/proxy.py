# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules that work on a running proxy have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """``sluice.edge.proxy``; ``sluice.edge.proxy.declaring`` for modules that change something."""

    DOCUMENTATION = r"""
options:
  socket:
    description:
      - The admin socket of the proxy on the managed host.
      - When it is not given, V(/run/sluice-proxy/admin.sock) is used, where the role
        P(sluice.edge.proxy#role) has it.
    type: path
requirements:
  - Python 3.8 or newer on the managed host.
  - A proxy of this collection with C(admin) in its configuration file, as the role
    P(sluice.edge.proxy#role) installs it.
notes:
  - The socket lets root in, and the group that the proxy's configuration names. So use C(become),
    or be in that group.
"""

    DECLARING = r"""
options:
  owner:
    description:
      - Who declares. The proxy keeps it with each entry, and O(purge) removes only what this owner
        declared. An entry that another owner declared becomes this one's.
      - When it is not given, V(ansible) is used.
    type: str
  config:
    description:
      - A list of entries, each with the options that this module otherwise takes itself.
      - The whole list is planned by the proxy in one request and made as one change, or not at all.
        One task with thousands of entries is much faster than a loop.
      - It excludes the options of a single entry.
    type: list
    elements: dict
  purge:
    description:
      - Whether entries of the O(owner) that O(config) does not list are removed.
      - When it is not given, V(false) is used and entries that nobody lists are never touched.
    type: bool
  purge_scope:
    description:
      - Names, in which V(*) stands for any characters and V(?) for one. With O(purge=true), only
        entries with such a name are removed.
    type: list
    elements: str
  purge_ignore:
    description:
      - Names, written as for O(purge_scope). With O(purge=true), entries with such a name stay,
        whether or not O(purge_scope) covers them.
    type: list
    elements: str
notes:
  - The proxy itself keeps what is declared, over restarts too when its configuration file names a
    C(store). There is no record below C(/etc/sluice/state.d), and so neither C(persist) nor
    C(runtime).
  - What the configuration file declares is never changed. It is refused, and to be changed there.
  - What is made is what was planned. When somebody else changes an entry in between, the task plans
    again. At the end a second plan has to be empty.
  - In check mode, a proxy that is not there yet counts as one without entries, with a warning.
"""
