# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The admin API, at the addresses that the snapshot in force has for it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

from ..admin.admission import Admission
from ..admin.application import application
from ..admin.edge import Edge
from ..admin.page import render
from ..admin.serving import AdminServer, Door
from ..admin.tls import admin_context
from ..admin.tokens import BadTokens, TokensFile
from ..release import release
from ..snapshot.admin import Admin
from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot
from .sockets import CannotListen, InheritedSockets, ListeningSockets

_BACKLOG = 128


class AdminDoor:
    """Opens and closes with the snapshots; the API is that of ``edge``."""

    def __init__(self, inherited: InheritedSockets, edge: Edge) -> None:
        self.sockets = ListeningSockets(inherited)
        self._edge = edge
        self._admission = Admission()
        self._server: AdminServer | None = None
        self._made: ssl.SSLContext | None = None

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
        try:
            doors = [door for one in listeners for door in self._doors(one, admin)]
            tokens = _tokens(admin)
        except OSError:
            self.sockets.close_again(opened)
            raise
        if self._server is None:
            made = application(self._edge, self._admission, version=release(), page=render)
            self._server = AdminServer(made)
        self._admission.tokens = tokens
        await self._server.serve(doors)
        self.sockets.keep_only(listeners)

    async def pause(self, seconds: float) -> None:
        """Have what is asked answered within ``seconds``, and accept nobody; the sockets stay."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.close(seconds)

    async def close(self, seconds: float, *, kept: bool) -> None:
        """Answer nowhere any more; ``kept`` as for ListeningSockets."""
        await self.pause(seconds)
        self.sockets.close(kept=kept)

    def _doors(self, listener: Listener, admin: Admin) -> Sequence[Door]:
        sockets = self.sockets.of(listener.address)
        return [
            Door(one, None if _is_file(one) else self._context(listener, admin)) for one in sockets
        ]

    def _context(self, listener: Listener, admin: Admin) -> ssl.SSLContext:
        if admin.tokens_file is None:
            # A socket of systemd's may be one of TCP, which only it knows.
            raise CannotListen(
                errno.EINVAL,
                f"{listener.address} can be reached over the network: set tokens_file of admin",
            )
        if admin.certificate is not None:
            return admin_context(admin.certificate, datetime.now(UTC))
        if self._made is None:
            self._made = admin_context(None, datetime.now(UTC))
        return self._made


def _is_file(one: socket.socket) -> bool:
    return one.family == socket.AF_UNIX


def _tokens(admin: Admin) -> TokensFile | None:
    if admin.tokens_file is None:
        return None
    tokens = TokensFile(admin.tokens_file)
    try:
        tokens.read()
    except BadTokens as error:
        raise CannotListen(errno.EINVAL, f"tokens_file of admin: {error}") from None
    return tokens
