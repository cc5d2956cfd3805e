# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The new program of an upgrade: tried first, and then put in place of the one that runs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Collection
from pathlib import Path

from .handover import FORM, VARIABLE, Handover, leave, withdraw

PATIENCE = 120.0
"""Seconds that the new program has to check the configuration."""
_MOST_LINES = 20


async def objections(path: Path, patience: float = PATIENCE) -> list[str]:
    """Have the new program check the configuration; return what is against it, or nothing.

    So a program that cannot even start, or takes nothing over from this one, is noticed before
    it is too late.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "sluice_proxy",
        "check-config",
        f"--handover={FORM}",
        str(path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(patience):
            said, _unused = await process.communicate()
    except TimeoutError:
        return [f"it did not check the configuration within {patience:g} s"]
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    if process.returncode == 0:
        return []
    lines = said.decode("utf-8", "replace").splitlines()[-_MOST_LINES:]
    return lines or [f"it ended with {process.returncode}"]


def become(left: Handover) -> None:
    """Replace this program by the new one; raises OSError, and nothing has changed then."""
    environment = leave(left, os.environ)
    try:
        os.execve(sys.executable, sys.orig_argv, environment)
    except OSError:
        withdraw(left)
        os.close(int(environment[VARIABLE]))
        raise


def block(signals: Collection[signal.Signals]) -> None:
    """Let signals to this thread wait: what comes in an upgrade is for the new program."""
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)


def unblock(signals: Collection[signal.Signals]) -> None:
    """Take what waits, and what comes."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
