# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for the names and sizes of files: pure functions."""

from __future__ import annotations

from pathlib import PurePosixPath

LONGEST = 500
SAYS_NOTHING = ("common", "helper", "helpers", "misc", "util", "utils")


def name_that_says_nothing(path: PurePosixPath) -> list[str]:
    """Refuse a file or folder whose name tells nothing about what is inside."""
    return [
        f"{path}: call {part} by what it does"
        for part in path.parts
        if part.split(".")[0].strip("_").lower() in SAYS_NOTHING
    ]


def too_long(path: PurePosixPath, source: str) -> list[str]:
    """Refuse a file of more than LONGEST lines."""
    lines = len(source.splitlines())
    return [f"{path}: {lines} lines; split it below {LONGEST}"] if lines > LONGEST else []
