# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks about the proxy have in common on their way to it."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Sequence, Tuple

from .client import AdminSocket
from .declared.task import PurgeScope, read_socket
from .driver import ProxyDriver
from .model import Purge


def open_proxy(params: Mapping[str, Any]) -> ProxyDriver:
    """Return the proxy whose admin socket a task names; raises InvalidInput."""
    return ProxyDriver(AdminSocket(read_socket(params)))


def purge_of(
    proxy: ProxyDriver,
    kind: str,
    owner: str,
    scope: Optional[PurgeScope],
    stays: Sequence[str] = (),
) -> Tuple[Tuple[Purge, ...], Optional[int]]:
    """Return the purge of a task, and the revision that was read for it.

    The names that exist are read when patterns choose among them; ``stays`` are names that stay.
    """
    if scope is None:
        return (), None
    if not scope.selects:
        return (Purge(kind, owner, tuple(stays)),), None
    revision, entries = proxy.read(kind, owner=owner)
    spared = scope.spared(entry.id for entry in entries)
    return (Purge(kind, owner, (*spared, *stays)),), revision
