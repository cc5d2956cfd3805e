# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has snapshots in force, without workers."""

from __future__ import annotations

from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.supervisor.enforcer import Enforcer
from sluice_proxy.supervisor.worker import Refused


class FakeEnforcer(Enforcer):
    """Has no workers; ``refuses`` what is put in force."""

    def __init__(self) -> None:
        self.shown: list[Snapshot] = []
        self.refuses = False

    async def put_in_force(self, snapshot: Snapshot) -> None:
        if self.refuses:
            raise Refused("no worker takes it")
        self.shown.append(snapshot)

    async def change_to(self, snapshot: Snapshot) -> None:
        await self.put_in_force(snapshot)
