# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of the test machine: single requests, and requests without a pause."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from machine import Machine

LOAD = Path(__file__).with_name("load.py")
CLIENTS = 5
"""How many requests `load.py` has under way at a time."""
_STOP = "/tmp/demo-stop"
_WARM_UP = 2.0
_PATIENCE = 600.0


@dataclass
class Result:
    """What came of the requests that were sent without a pause."""

    answers: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Requests that were answered."""
        return sum(self.answers.values())

    def __str__(self) -> str:
        counts = ", ".join(f"{who} {count}" for who, count in sorted(self.answers.items()))
        return f"{self.total} requests answered ({counts}), {len(self.failures)} failed"


@dataclass(frozen=True)
class Client:
    """The host `client` of a machine; `authority` is a file there, for https."""

    machine: Machine
    authority: str | None = None

    def ask(self, url: str, count: int, form: str = "") -> list[str]:
        """Send requests, each over a connection of its own; return the words of all answers.

        `form` is what curl writes after each answer, in its own words for that.
        """
        trusted = ("--cacert", self.authority) if self.authority else ()
        fresh = ("curl", "-sS", "--fail", "--max-time", "60", "-H", "Connection: close")
        urls = [url] * count
        return self.machine.on("client", *fresh, *trusted, "-w", form, *urls).split()

    @contextmanager
    def load(self, url: str) -> Iterator[Result]:
        """Send requests without a pause for as long as the block runs; then the result is whole."""
        self.machine.on("client", "rm", "-f", _STOP)
        words = [url, _STOP, *([self.authority] if self.authority else [])]
        result = Result()
        with subprocess.Popen(
            self.machine.command("run", "client", "--", "python3", "-", *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as running:
            assert running.stdin is not None
            running.stdin.write(LOAD.read_text())
            running.stdin.close()
            running.stdin = None
            time.sleep(_WARM_UP)
            try:
                yield result
            finally:
                self.machine.on("client", "touch", _STOP)
                output, _nothing = running.communicate(timeout=_PATIENCE)
        said = json.loads(output)
        result.answers, result.failures = said["answers"], said["failures"]
