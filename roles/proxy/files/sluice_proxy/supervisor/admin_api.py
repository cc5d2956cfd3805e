# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The admin API on listening sockets: who may use it, and over which TLS."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Mapping, Sequence
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
from ..snapshot.listening import Address
from .sockets import CannotListen


class AdminApi:
    """Answers for ``edge``, until it is closed."""

    def __init__(self, edge: Edge) -> None:
        self._admission = Admission()
        self._server = AdminServer(
            application(edge, self._admission, version=release(), page=render)
        )
        self._made: ssl.SSLContext | None = None

    async def serve(self, admin: Admin, sockets: Mapping[Address, Sequence[socket.socket]]) -> None:
        """Answer at the sockets of addresses, and nowhere else; connections that are open stay.

        Raises OSError, and goes on as before.
        """
        doors = [
            Door(one, None if one.family == socket.AF_UNIX else self._context(address, admin))
            for address, of_one in sockets.items()
            for one in of_one
        ]
        self._admission.tokens = _tokens(admin)
        await self._server.serve(doors)

    async def close(self, seconds: float) -> None:
        """Have what is asked answered within ``seconds``, and accept nobody."""
        await self._server.close(seconds)

    def _context(self, address: Address, admin: Admin) -> ssl.SSLContext:
        if admin.tokens_file is None:
            # A socket of systemd's may be one of TCP, which only it knows.
            raise CannotListen(
                errno.EINVAL,
                f"{address} can be reached over the network: set tokens_file of admin",
            )
        if admin.certificate is not None:
            return admin_context(admin.certificate, datetime.now(UTC))
        if self._made is None:
            self._made = admin_context(None, datetime.now(UTC))
        return self._made


def _tokens(admin: Admin) -> TokensFile | None:
    if admin.tokens_file is None:
        return None
    tokens = TokensFile(admin.tokens_file)
    try:
        tokens.read()
    except BadTokens as error:
        raise CannotListen(errno.EINVAL, f"tokens_file of admin: {error}") from None
    return tokens
