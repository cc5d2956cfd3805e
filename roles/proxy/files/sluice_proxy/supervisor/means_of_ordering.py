# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What orders certificates, put together: what is shared, who answers validations, who orders."""

from __future__ import annotations

import os
import secrets
import socket

from ..ordering.keeping import Arrived
from .certificates_by_order import Means, Setting
from .kept import Begin


class Opening:
    """Opens what orders certificates; threads do ``begin`` before anything else."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        # Another process of this node is another holder of leases: it knows nothing of what this
        # one began.
        self._holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def means(self, setting: Setting, arrived: Arrived) -> Means:
        """Return what orders certificates as a setting says. Nothing is reached yet."""
        # A proxy that orders nothing loads nothing of this.
        from ..fleet.opening import open_shared
        from ..ordering.answering.composing import answering
        from ..ordering.keeper.keeper import Keeper

        shared = open_shared(setting.fleet, setting.store, self._begin)
        answers, validations = answering(setting.acme, shared)
        keeper = Keeper(setting.acme, shared, answers, arrived, self._holder)

        async def close() -> None:
            await keeper.close()
            await shared.close()

        return Means(shared, keeper, validations, lambda: keeper.numbers, close)
