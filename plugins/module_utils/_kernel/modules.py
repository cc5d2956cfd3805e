# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loading kernel modules."""

from __future__ import annotations

from typing import Optional

MODPROBE_TIMEOUT = 60.0


def load_module(name: str, dry_run: bool = False) -> Optional[str]:
    """Load kernel module ``name``, or with ``dry_run`` only ask whether it could be loaded.

    Returns None on success, else the reason in one clause.
    """
    # A module is loaded once in the life of a kernel, and these are slow to import.
    import shutil
    import subprocess

    program = shutil.which("modprobe", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return "there is no modprobe command (package kmod)"
    command = [program, "--dry-run", name] if dry_run else [program, name]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=MODPROBE_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "modprobe ended with status %d" % done.returncode
