# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sudden death of a process, and who may complain of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from running.service import until


def kill(pid: int, port: int) -> set[int]:
    """Kill a process; return the ports of the clients on loopback that it had accepted at ``port``.

    It is stopped before, so that these are all of them, and no others.
    """
    os.kill(pid, signal.SIGSTOP)
    until(lambda: _state(pid) == "T", f"the stop of {pid}")
    clients = _clients(port)
    held = {clients[inode] for inode in _sockets(pid) if inode in clients}
    os.kill(pid, signal.SIGKILL)
    return held


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]


def _sockets(pid: int) -> set[str]:
    links = (os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir())
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _clients(port: int) -> dict[str, int]:
    """Return the clients of ``port`` by the inode of the connection's end there."""
    found = {}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, local, remote, *others = line.split()
        if local == f"0100007F:{port:04X}":
            found[others[6]] = int(remote.rpartition(":")[2], 16)
    return found
