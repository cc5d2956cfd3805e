# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that this machine must have."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable

from .errors import HarnessError

# Command → Debian package that brings it.
BUILD = {
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "busybox": "busybox-static",
    "ssh-keygen": "openssh-client",
    "tar": "tar",
    "xz": "xz-utils",
}
BUILD_UNPRIVILEGED = {"fakeroot": "fakeroot", "newuidmap": "uidmap"}
RUN = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "ssh": "openssh-client",
}


def find(command: str) -> str | None:
    """Return the path of `command`, also where only root's PATH looks."""
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(command, path=f"{path}:/usr/sbin:/sbin")


def require(*tables: dict[str, str]) -> None:
    """Raise HarnessError with the installing command when something of `tables` is missing."""
    wanted = {command: package for table in tables for command, package in table.items()}
    missing = [command for command in wanted if find(command) is None]
    if missing:
        packages = unique(wanted[command] for command in missing)
        raise HarnessError(
            f"missing on this machine: {', '.join(missing)}; "
            f"run: sudo apt-get install {' '.join(packages)}"
        )


def unique(items: Iterable[str]) -> list[str]:
    """Return the items without repetitions, in order."""
    return list(dict.fromkeys(items))
