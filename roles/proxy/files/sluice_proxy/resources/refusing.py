# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be wrong with changes that are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..config.problems import one_line
from .model import Kind


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a resource; ``field`` is empty when it is the whole of it.

    ``message`` says what is wrong and what to do, in one line, and repeats no secret.
    """

    kind: Kind
    id: str
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.kind} {one_line(self.id)}".strip() + (
            f", {self.field}" if self.field else ""
        )
        return f"{place}: {self.message}"


class Refused(ValueError):
    """Nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Invalid(Refused):
    """Documents, or what they would make together, cannot be used."""


class OfFile(Refused):
    """The configuration file has a resource of that kind and id: it is changed there."""


class Outdated(Refused):
    """Something has not the version that the caller expected."""
