# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One named virtual machine: its life, its hosts, and Ansible's programs against them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from places import CHECKOUT, environment


@dataclass(frozen=True)
class Machine:
    """A machine of the harness in molecule/vm, by its name."""

    name: str

    @property
    def program(self) -> list[str]:
        """The harness's command, without words of its own."""
        return [sys.executable, str(CHECKOUT / "molecule/vm/vm.py")]

    def command(self, *words: str) -> list[str]:
        """Return the command line for words of the harness: ``create``, ``run HOST -- …``."""
        return [*self.program, words[0], "--name", self.name, *words[1:]]

    def do(self, *words: str) -> None:
        """Run a command of the harness, showing what it says; raises CalledProcessError."""
        subprocess.run(self.command(*words), check=True)

    def on(self, host: str, *command: str) -> str:
        """Run a command on a host and return its output; raises CalledProcessError."""
        return self._answer("run", host, "--", *command)

    def feed(self, host: str, content: bytes, *command: str) -> None:
        """Run a command on a host that reads ``content``; raises CalledProcessError."""
        subprocess.run(self.command("run", host, "--", *command), check=True, input=content)

    def write_inventory(self, path: Path) -> None:
        """Write the inventory of its hosts."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self._answer("inventory"), encoding="utf-8")

    def _answer(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words),
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout


def play_environment() -> dict[str, str]:
    """Return the environment for plays against a machine, with the output that can be read."""
    return {
        **environment(),
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_STDOUT_CALLBACK": "default",
        "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
        "ANSIBLE_LOCALHOST_WARNING": "0",
    }
