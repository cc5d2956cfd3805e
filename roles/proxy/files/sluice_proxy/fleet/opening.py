# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a configuration to what the node shares, and by what."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..snapshot.fleet import Redis
from .alone import Alone
from .shared import Shared


def open_shared(
    fleet: Redis | None, store: str | None, begin: Callable[[], None] | None = None
) -> Shared:
    """Return what a node shares: by a Redis server, alone in the file ``store``, or in memory.

    Nothing is opened before it is used, so this always succeeds. Threads do ``begin`` before
    anything else.
    """
    if fleet is not None:
        return _by(fleet)
    return Alone(None if store is None else Path(store), begin=begin)


def _by(redis: Redis) -> Shared:
    # Most proxies are alone, and need no client of Redis.
    from .redis.shared import RedisShared

    return RedisShared(redis)
