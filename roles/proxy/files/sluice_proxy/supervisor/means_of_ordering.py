# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What orders certificates, put together: what is shared, who answers validations, who orders."""

from __future__ import annotations

from ..ordering.keeping import Arrived
from .certificates_by_order import Means, Setting


async def open_means(_setting: Setting, _arrived: Arrived) -> Means | None:
    """Return what orders certificates as a setting says, None where nothing can."""
    return None
