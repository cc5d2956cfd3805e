# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a fleet keeps what its nodes share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Redis:
    """A Redis server: ``address`` is HOST:PORT or the path of a unix socket.

    ``prefix`` goes before all of the fleet's keys. ``password_file`` has the password, and
    ``trust_file`` the CA where the server speaks TLS. With ``secret_file``, documents are
    encrypted with what is in it before they leave the node.
    """

    address: str
    database: int = 0
    username: str = ""
    password_file: str | None = None
    tls: bool = False
    trust_file: str | None = None
    prefix: str = "sluice"
    secret_file: str | None = None
