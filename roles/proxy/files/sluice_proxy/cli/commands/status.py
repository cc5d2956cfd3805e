# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``status``: how everything is."""

from __future__ import annotations

import argparse

from ..ending import Exit
from ..options import Commands, api_of
from ..showing.status import status_lines
from ..showing.terminal import say, say_json


def add(commands: Commands) -> None:
    """Add the command."""
    commands.command(
        "status",
        "listeners, workers, routes, targets with health, certificates with days left",
        _status,
        api=True,
    )


def _status(asked: argparse.Namespace) -> int:
    status = api_of(asked).status()
    if asked.json:
        say_json(status)
    else:
        say(*status_lines(status))
    return Exit.GOOD if status.get("serves") else Exit.FAILED
