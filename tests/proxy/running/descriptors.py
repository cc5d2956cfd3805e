# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The descriptors that a process has open."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sluice_proxy.supervisor.reserve import RESERVED

from running.service import until

_STANDARD = 3


def descriptors(pid: int) -> int:
    """Return how many a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def worker_descriptors(pid: int) -> int:
    """Return how many a worker has open between two messages.

    While it reads or sends one, those that it keeps back are closed for a moment.
    """
    # The loop keeps one or two back as well.
    until(lambda: _kept_back(pid) >= RESERVED, f"a moment of rest of worker {pid}")
    return descriptors(pid)


def _kept_back(pid: int) -> int:
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            count += int(link.name) >= _STANDARD and os.readlink(link) == os.devnull
    return count
