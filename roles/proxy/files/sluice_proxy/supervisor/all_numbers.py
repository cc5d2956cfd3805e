# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of everybody: of the supervisor, and of all workers that ever were."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ..observe.metrics import Metrics
from .enforcer import Enforcer
from .numbers import supervisor_metrics, traffic_of

ANSWER = 2.0
"""Seconds in which a worker has to tell its numbers, before the last known are taken."""


async def all_numbers(
    enforcer: Enforcer, reloads: Mapping[str, int], ca_days_left: float | None
) -> Metrics:
    """Return all numbers; ``reloads`` has those of configurations read again, by result.

    ``ca_days_left`` is None where there is no local CA.
    """
    whole = Metrics()
    whole.merge(await enforcer.workers.collect(ANSWER))
    snapshot = enforcer.snapshot
    if snapshot.version:
        whole.keep_only(traffic_of(snapshot.routes))
    whole.merge(
        supervisor_metrics(
            workers=len(enforcer.workers.serving),
            leaving=len(enforcer.workers.leaving),
            deaths=enforcer.workers.deaths,
            version=enforcer.version,
            routes=len(snapshot.routes),
            certificates=snapshot.certificates,
            now=time.time(),
            reloads=dict(reloads),
            targets=enforcer.health.states,
            local_ca_days_left=ca_days_left,
        )
    )
    return whole
