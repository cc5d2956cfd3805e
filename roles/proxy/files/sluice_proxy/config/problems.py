# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a configuration file, in lines that a person can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""Where a value is: keys, and places in lists from 0."""

_LONGEST = 400


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong; ``line`` and ``column`` count from 1, 0 for the file as a whole."""

    line: int
    column: int
    field: str
    message: str

    def text(self, file: str) -> str:
        """Return the problem as one line: ``edge.yml:12:5: routes[3].path: …``."""
        place = f"{file}:{self.line}:{self.column}" if self.line else file
        parts = (place, one_line(self.field), one_line(self.message))
        return ": ".join(part for part in parts if part)


class InvalidConfig(ValueError):
    """A configuration file cannot be used; ``problems`` has all that is wrong with it."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(problem.text(file) for problem in self.problems))


def field_name(path: Path) -> str:
    """Return ``path`` as people write it: ``routes[3].targets[0].url``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def one_line(text: str) -> str:
    """Return ``text`` without what would break a line or a terminal, and not endless."""
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    if len(shown) <= _LONGEST:
        return shown
    return f"{shown[: _LONGEST // 2]}…{shown[-_LONGEST // 2 :]}"
