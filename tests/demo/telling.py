# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo says, and the one error with which it ends."""

from __future__ import annotations


class DemoError(Exception):
    """Something is not as the demo promises."""


def say(text: str) -> None:
    """Print the heading of a step."""
    print(f"\n=== {text}", flush=True)


def indent(text: str) -> str:
    """Return output of a program, set off from what the demo itself says."""
    return "".join(f"  | {line}\n" for line in text.splitlines())
