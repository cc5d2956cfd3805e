# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a machine's run state is kept, and reading it back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import HarnessError

CHECKOUT = Path(__file__).resolve().parents[3]
DEFAULT_NAME = "default"


@dataclass(frozen=True)
class Running:
    """A machine that was started: everything needed to reach and to end it."""

    guest: str
    image: str
    pid: int
    accelerator: str
    ports: dict[str, int]
    sockets: str


@dataclass(frozen=True)
class Place:
    """The directory of one named machine of this checkout."""

    name: str
    directory: Path

    @property
    def record(self) -> Path:
        """What was started; written last, so it names a machine that booted."""
        return self.directory / "machine.json"

    @property
    def pidfile(self) -> Path:
        """Written by QEMU; there before the record is."""
        return self.directory / "qemu.pid"

    @property
    def overlay(self) -> Path:
        """The disk that takes the writes; its path identifies the process."""
        return self.directory / "overlay.qcow2"

    @property
    def console(self) -> Path:
        """What the guest's kernel said."""
        return self.directory / "console.log"

    @property
    def ssh_config(self) -> Path:
        """The configuration that knows the hosts by name."""
        return self.directory / "ssh_config"

    @property
    def sockets(self) -> Path:
        """A link to where the shared connections of ssh are, somewhere with a short path."""
        return self.directory / "sockets"

    @property
    def inventory(self) -> Path:
        """The same hosts for Ansible."""
        return self.directory / "inventory.ini"


def place(name: str, checkout: Path = CHECKOUT) -> Place:
    """Return the place of the machine `name`; raises HarnessError for a name unfit for a file."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", name):
        raise HarnessError(f"machine name {name!r} is not letters, digits, dashes (at most 40)")
    return Place(name, checkout / "build" / "vm" / name)


def places(checkout: Path = CHECKOUT) -> list[Place]:
    """Return the places of all machines of the checkout, running or not."""
    found = sorted((checkout / "build" / "vm").glob("*/"))
    return [Place(directory.name, directory) for directory in found]


def write(where: Place, running: Running) -> None:
    """Record a machine, all or nothing."""
    part = where.record.with_suffix(".part")
    part.write_text(json.dumps(asdict(running), indent=2) + "\n", "utf-8")
    part.rename(where.record)


def read(where: Place) -> Running | None:
    """Return the recorded machine, whether or not it still runs; None when there is none."""
    try:
        return Running(**json.loads(where.record.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def process(where: Place) -> int | None:
    """Return the id of the machine's live process, None when it is gone.

    A process id alone proves nothing, as the kernel uses it again: the process must have been
    started with this machine's overlay.
    """
    try:
        pid = int(where.pidfile.read_text("ascii"))
        started_with = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if str(where.overlay).replace(",", ",,").encode() in started_with else None
