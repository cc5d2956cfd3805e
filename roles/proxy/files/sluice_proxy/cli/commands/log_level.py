# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``log-level``: what the error log tells, now."""

from __future__ import annotations

import argparse

from ..ending import Exit
from ..log_files.entries import LEVELS
from ..options import Commands, api_of
from ..showing.terminal import say, say_json


def add(commands: Commands) -> None:
    """Add the command."""
    level = commands.command(
        "log-level", "say or set the level of the error log, until the file is read again", _level,
        api=True,
    )  # fmt: skip
    level.add_argument("level", nargs="?", choices=LEVELS)


def _level(asked: argparse.Namespace) -> int:
    api = api_of(asked)
    if asked.level is not None:
        api.set_log_level(asked.level)
    level = asked.level or api.log_level()
    if asked.json:
        say_json({"level": level})
    else:
        say(level)
    return Exit.GOOD
