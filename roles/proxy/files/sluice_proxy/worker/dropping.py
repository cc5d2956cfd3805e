# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a connection whose other side takes nothing."""

from __future__ import annotations

import socket
import struct
from typing import Any

_NO_LINGER = struct.pack("ii", 1, 0)


def drop(transport: Any) -> None:
    """Close at once, with what was not taken.

    Without the option the system would hold that, some MiB for each connection, for as long as
    the other side takes a byte of it now and then.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()
