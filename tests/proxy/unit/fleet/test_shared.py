# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node alone shares with itself does what everything has to that nodes share things by."""

from __future__ import annotations

from pathlib import Path

from contracts.shared import LastingContract, SharedContract
from sluice_proxy.fleet.alone import Alone
from sluice_proxy.fleet.shared import Shared


class TestInMemory(SharedContract):
    _one: Alone | None = None

    async def opened(self, folder: Path) -> Shared:
        self._one = self._one or Alone()
        return self._one


class TestInAFile(LastingContract):
    async def opened(self, folder: Path) -> Shared:
        return Alone(folder / "store" / "edge.db")

    async def restarted(self, folder: Path) -> Shared:
        return await self.opened(folder)
