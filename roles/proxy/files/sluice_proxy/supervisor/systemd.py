# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What systemd wants to know and has to give (sd_notify(3), sd_listen_fds(3))."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping, MutableMapping, Sequence

_FIRST_DESCRIPTOR = 3


class Notifier:
    """Tells the service manager how it goes; without one it tells nobody."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # The abstract namespace is written with an @.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.keeps_sockets = int(environment.get("FDSTORE", "0") or 0) > 0
        self.watchdog = _watchdog(environment)
        """Seconds within which it has to hear from us, or None."""

    def ready(self, status: str) -> None:
        """Say that clients are served."""
        self._tell(f"READY=1\nSTATUS={_line(status)}")

    def reloading(self, status: str) -> None:
        """Say that a change is under way; ``ready`` ends it."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={now}\nSTATUS={_line(status)}")

    def status(self, status: str) -> None:
        """Say how it goes, with what is under way going on."""
        self._tell(f"STATUS={_line(status)}")

    def stopping(self, status: str, seconds: float) -> None:
        """Say that it ends, within ``seconds``, whatever the unit allows."""
        microseconds = int(seconds * 1e6)
        self._tell(f"STOPPING=1\nEXTEND_TIMEOUT_USEC={microseconds}\nSTATUS={_line(status)}")

    def alive(self) -> None:
        """Keep the watchdog from biting."""
        self._tell("WATCHDOG=1")

    def keep(self, sockets: Sequence[socket.socket]) -> None:
        """Have these sockets, and no others, kept over a restart, where the unit allows it."""
        if self.keeps_sockets:
            self._tell("FDSTOREREMOVE=1\nFDNAME=sluice-proxy")
            for start in range(0, len(sockets), 100):
                part = [one.fileno() for one in sockets[start : start + 100]]
                self._tell("FDSTORE=1\nFDNAME=sluice-proxy", part)

    def _tell(self, text: str, descriptors: Sequence[int] = ()) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.connect(self._address)
                socket.send_fds(end, [text.encode()], list(descriptors))
        except OSError:
            # A service manager that does not listen is no reason to stop serving.
            return


def inherited_sockets(environment: MutableMapping[str, str]) -> list[tuple[str, socket.socket]]:
    """Return the sockets that systemd opened for this process, with their names.

    The variables that tell of them are removed: they are true only once.
    """
    told = [environment.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")]
    if told[0] != str(os.getpid()) or not told[1].isdecimal():
        return []
    names = told[2].split(":")
    found = []
    for place in range(int(told[1])):
        number = _FIRST_DESCRIPTOR + place
        os.set_inheritable(number, False)
        name = names[place] if place < len(names) else ""
        found.append((name, socket.socket(fileno=number)))
    return found


def _watchdog(environment: Mapping[str, str]) -> float | None:
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        microseconds = int(environment.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return microseconds / 1e6 if microseconds > 0 else None


def _line(status: str) -> str:
    return " ".join(status.split())
