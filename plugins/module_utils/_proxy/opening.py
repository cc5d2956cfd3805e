# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tasks about the proxy have in common on their way to it."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional, Sequence, Tuple, Union

from .absent import AbsentProxy
from .client import AdminSocket
from .declared.task import PurgeScope, read_socket
from .driver import ProxyDriver
from .model import Purge


def open_socket(params: Mapping[str, Any], check: bool) -> Union[AdminSocket, AbsentProxy]:
    """Return the admin socket that a task names; raises InvalidInput.

    In check mode, an earlier task of the play may be what installs the proxy.
    """
    path = read_socket(params)
    if check and not os.path.lexists(path):
        return AbsentProxy(path)
    return AdminSocket(path)


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
