# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the system that tests run."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

_NEEDED = Path(__file__).resolve().parents[3] / "requirements" / "system.txt"


def command(name: str) -> str:
    """Return the path of a program; fail with the command that installs it where it is missing."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    found = shutil.which(name, path=path)
    assert found is not None, f"{name} is missing: apt install {_packages()[name]}"
    return found


@cache
def _packages() -> dict[str, str]:
    lines = (line.split() for line in _NEEDED.read_text().splitlines())
    return {words[0]: words[1] for words in lines if words and words[0] != "#"}
