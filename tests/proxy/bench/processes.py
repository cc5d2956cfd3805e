# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that are measured: pinned to processors, and known with all their children."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

PROXY_PROCESSOR = "0"
OTHER_PROCESSOR = "1"
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60
_PACKAGES = {"nginx": "nginx-light", "taskset": "util-linux"}


def command(name: str) -> str:
    """Return the path of a command; ends the program with what installs one that is missing."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise SystemExit(f"{name} is missing: apt-get install {_PACKAGES.get(name, name)}")
    return found


class Pinned:
    """A command and its children on some processors; it is a session of its own."""

    def __init__(self, words: Sequence[str], processors: str, output: Path) -> None:
        """``processors`` is a list as taskset takes it."""
        self.output = output
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [command("taskset"), "-c", processors, *words],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, port: int, path: str = "/small") -> None:
        """Wait until ``port`` answers a request; raises RuntimeError with what was said.

        That something listens is not enough: a supervisor does before its workers have started.
        """
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode("ascii")
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as sock:
                sock.settimeout(_PATIENCE)
                sock.sendall(request)
                if sock.recv(4096).startswith(b"HTTP/1.1 200"):
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self._process.args}: {self.output.read_text()[-2000:]}")

    def _stats(self) -> list[list[str]]:
        """Return the fields of /proc/PID/stat after the name, of all processes of the session."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):
                    fields = (folder / "stat").read_text().rpartition(") ")[2].split()
                    if int(fields[3]) == self._process.pid:
                        found.append(fields)
        return found

    def seconds(self) -> float:
        """Return how much processor time it has taken so far."""
        return sum(int(one[11]) + int(one[12]) for one in self._stats()) / _TICK

    def resident_bytes(self) -> int:
        """Return how much memory it has now; what processes share counts for each."""
        return sum(int(one[21]) for one in self._stats()) * resource.getpagesize()

    def __enter__(self) -> Pinned:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
