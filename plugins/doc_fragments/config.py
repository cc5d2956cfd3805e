# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task for many entries: the list, and the removal of what it does not list."""

from __future__ import annotations


class ModuleDocFragment:
    """``sluice.edge.config``."""

    DOCUMENTATION = r"""
options:
  config:
    description:
      - A list of entries, each with the options that this module otherwise takes itself.
      - The whole list is checked before anything is changed, is read and written in one go, and
        is undone when an entry is refused. One task with thousands of entries is much faster than
        a loop.
      - It excludes the options of a single entry.
    type: list
    elements: dict
  purge:
    description:
      - Whether entries that O(config) does not list are removed.
      - When it is not given, V(false) is used and entries that nobody lists are never touched.
    type: bool
  purge_scope:
    description:
      - Addresses and networks in CIDR notation. With O(purge=true), only entries with an address
        in one of them are removed.
    type: list
    elements: str
  purge_ignore:
    description:
      - Addresses and networks in CIDR notation. With O(purge=true), entries with an address in one
        of them stay, whether or not O(purge_scope) covers them.
    type: list
    elements: str
"""
