# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of the system that runs beside the proxy, with what it says in a file."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from running.closing import Closing
from running.command import command
from running.service import PATIENCE, until


class Program(Closing):
    """One process; it is started again with the same arguments as often as a test wants.

    ``name`` is looked up among the commands that tests need; ``output`` is where it writes;
    ``environment`` is added to that of the test.
    """

    def __init__(
        self, output: Path, name: str, *arguments: str, environment: dict[str, str] | None = None
    ) -> None:
        self.output = output
        self._name = name
        self._arguments = [command(name), *arguments]
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        """All that it wrote, in all its runs."""
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    @property
    def pid(self) -> int:
        """The process id of the run that is going on."""
        assert self._process is not None, f"{self._name} does not run"
        return self._process.pid

    def start(self, is_ready: Callable[[], object]) -> None:
        """Start it, and wait until ``is_ready`` says so; fail with what it said when it ends."""
        assert self._process is None, f"{self._name} runs already"
        with self.output.open("ab") as output:
            self._process = process = subprocess.Popen(
                self._arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

        def ready() -> object:
            assert process.poll() is None, f"{self._name} ended: {self.said}"
            return is_ready()

        until(ready, f"{self._name} to be ready")

    def pause(self) -> None:
        """Have it do nothing, with its connections open."""
        os.kill(self.pid, signal.SIGSTOP)
        until(lambda: self._state() == "T", f"the stop of {self._name}")

    def resume(self) -> None:
        """Have it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """End it if it runs."""
        if self._process is not None:
            self.kill()

    def _end(self, number: int) -> None:
        os.kill(self.pid, number)
        # One that is paused would never hear of it.
        os.kill(self.pid, signal.SIGCONT)
        assert self._process is not None
        self._process.wait(PATIENCE)
        self._process = None

    def _state(self) -> str:
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][0]
