# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a command ends: its exit codes, and the errors that stand for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any


class Exit(IntEnum):
    """What a command answers the shell; docs/proxy/cli.md says which means what."""

    GOOD = 0
    FAILED = 1
    BAD_USAGE = 2
    NOT_REACHABLE = 3
    REFUSED = 4
    CONFLICT = 5
    BAD_CONFIG = 78
    INTERRUPTED = 130
    PIPE_CLOSED = 141


class Failure(Exception):
    """A command did not do what it was asked for.

    The text is one line for people. ``problems`` has what the API found wrong, each with ``kind``,
    ``id``, ``field`` and ``message``; ``status`` is that of its answer, None without one.
    """

    def __init__(
        self,
        code: Exit,
        message: str,
        problems: Sequence[Mapping[str, Any]] = (),
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.problems = tuple(problems)
        self.status = status


class BadUsage(Failure):
    """Options that do not go together, or a file that has not what it should."""

    def __init__(self, message: str) -> None:
        super().__init__(Exit.BAD_USAGE, message)


class NotReachable(Failure):
    """The admin API does not answer."""

    def __init__(self, message: str) -> None:
        super().__init__(Exit.NOT_REACHABLE, message)
