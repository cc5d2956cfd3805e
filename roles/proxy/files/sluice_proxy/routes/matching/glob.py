# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Globs: ``*`` for any characters, ``?`` for one."""

from __future__ import annotations

import re
from collections.abc import Callable


def matcher(glob: str) -> Callable[[str], object]:
    """Return what is true of the paths that ``glob`` matches.

    Each star takes as little as will do and never gives back: what follows a star has a fixed
    length, and its first place is as good as any later one. Atomic groups keep the engine to
    that, so that a path costs its length times the glob's, not a power of it.
    """
    first, *rest = (_literal(part) for part in glob.split("*"))
    if not rest:
        return re.compile(first, re.DOTALL).fullmatch
    middle = "".join(f"(?>.*?{part})" for part in rest[:-1])
    # The last part has to end the path, wherever it could have begun before.
    return re.compile(f"{first}{middle}(?s:.*){rest[-1]}", re.DOTALL).fullmatch


def _literal(part: str) -> str:
    return "".join("." if char == "?" else re.escape(char) for char in part)


def overlap(first: str, second: str) -> bool:
    """Return whether some path is matched by both globs."""
    # reached[j]: what was read of `first` and second[:j] have a text in common.
    reached = [True]
    for other in second:
        reached.append(reached[-1] and other == "*")
    for char in first:
        following = [reached[0] and char == "*"]
        for j, other in enumerate(second):
            if "*" in (char, other):
                # A star stands for nothing more, or for what the other glob has here.
                following.append(reached[j + 1] or following[j])
            else:
                following.append(reached[j] and (char == other or "?" in (char, other)))
        reached = following
    return reached[-1]
