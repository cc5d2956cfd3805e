# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling a person what happens, one line a step."""

from __future__ import annotations

import sys


def say(line: str) -> None:
    """Print to standard error at once: standard output belongs to the command's result."""
    print(f"vm: {line}", file=sys.stderr, flush=True)
