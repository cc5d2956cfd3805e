# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module supports of check mode, diff mode and idempotence."""

from __future__ import annotations


class ModuleDocFragment:
    """``sluice.edge.attributes``; ``sluice.edge.attributes.info`` for modules that only read."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and tells what would change without changing it.
    support: full
  diff_mode:
    description:
      - Shows what changed, or in check mode what would change, with one line for each entry.
    support: full
  idempotent:
    description: Run twice in a row, the second run reports no change.
    support: full
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode; it only reads, with or without.
    support: full
  diff_mode:
    description: Shows what changed, or in check mode what would change.
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    description: Run twice in a row, the second run reports no change.
    support: full
"""
