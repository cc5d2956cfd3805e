# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status text that a service manager shows of its service."""

from __future__ import annotations

import os
import socket

_LONGEST = 1000  # characters; the manager shows one line


def tell_service_manager(text: str) -> None:
    """Send ``text``, one line, as the status of the unit this process is the main one of.

    Does nothing outside of a unit, and nothing when nobody listens (sd_notify(3), STATUS=).
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    message = "STATUS=" + text.replace("\n", " ")[:_LONGEST]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        try:
            manager.sendto(message.encode(), address)
        except OSError:
            # The status is a courtesy: what it says is in the journal as well.
            return
