# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The admin API, at the addresses that the snapshot in force has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..admin.edge import Edge
from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot
from .sockets import InheritedSockets, ListeningSockets

if TYPE_CHECKING:
    from .admin_api import AdminApi

_BACKLOG = 128


class AdminDoor:
    """Opens and closes with the snapshots; the API is that of ``edge``."""

    def __init__(self, inherited: InheritedSockets, edge: Edge) -> None:
        self.sockets = ListeningSockets(inherited)
        self._edge = edge
        self._api: AdminApi | None = None

    async def serve(self, snapshot: Snapshot) -> None:
        """Answer where a snapshot says, and nowhere else; connections that are open stay.

        Raises OSError.
        """
        admin = snapshot.admin
        if admin is None:
            await self.pause(0.0)
            self.sockets.keep_only([])
            return
        listeners = [Listener(address, backlog=_BACKLOG) for address in admin.addresses]
        opened = self.sockets.open(listeners, 1)
        api = self._api or _made(self._edge)
        try:
            await api.serve(admin, {one: self.sockets.of(one) for one in admin.addresses})
        except OSError:
            self.sockets.close_again(opened)
            raise
        self._api = api
        self.sockets.keep_only(listeners)

    async def pause(self, seconds: float) -> None:
        """Have what is asked answered within ``seconds``, and accept nobody; the sockets stay."""
        if self._api is not None:
            api, self._api = self._api, None
            await api.close(seconds)

    async def close(self, seconds: float, *, kept: bool) -> None:
        """Answer nowhere any more; ``kept`` as for ListeningSockets."""
        await self.pause(seconds)
        self.sockets.close(kept=kept)


def _made(edge: Edge) -> AdminApi:
    # A proxy without an API does not wait for what only that needs.
    from .admin_api import AdminApi

    return AdminApi(edge)
