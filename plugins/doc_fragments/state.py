# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeping what a task declares across a reboot."""

from __future__ import annotations


class ModuleDocFragment:
    """``sluice.edge.state``."""

    DOCUMENTATION = r"""
options:
  persist:
    description:
      - Whether what the task declares is also written to a record below C(/etc/sluice/state.d),
        from which C(sluice-state apply) brings it back after a reboot.
      - A record is merged as the running kernel is. What is present is added or replaced, what is
        absent or purged goes.
      - Changes of the record are shown in C(operations) and in the diff, marked with
        C(record:). When the record cannot be written, the change of the kernel is undone.
    type: bool
    default: true
  runtime:
    description:
      - Whether the running kernel is changed. With V(false), only the record is.
    type: bool
    default: true
"""
