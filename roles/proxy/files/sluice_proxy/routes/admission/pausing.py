# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a route under maintenance does with a request."""

from __future__ import annotations

from enum import Enum

from sluice_proxy.routes.model.policies import Maintenance, MaintenanceMode


class Admission(Enum):
    """What becomes of a request."""

    PASS = "pass"
    HOLD = "hold"
    REFUSE = "refuse"


def admission(maintenance: Maintenance, waiting: int) -> Admission:
    """Return what becomes of a request while ``waiting`` others of its route are held."""
    if maintenance.mode is MaintenanceMode.OFF:
        return Admission.PASS
    if maintenance.mode is MaintenanceMode.PAUSE and waiting < maintenance.queue:
        return Admission.HOLD
    return Admission.REFUSE
