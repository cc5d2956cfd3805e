# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``completion``: what a shell needs to complete the command."""

from __future__ import annotations

import argparse

from ..ending import Exit
from ..options import Commands
from ..showing.terminal import say

_SHELLS = ("bash", "zsh", "fish")


def add(commands: Commands, whole: argparse.ArgumentParser) -> None:
    """Add the command; ``whole`` is the parser of all."""

    def run(asked: argparse.Namespace) -> int:
        from ..completing import bash, fish, zsh
        from ..completing.tree import tree_of

        script = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}[asked.shell]
        say(*script(tree_of(whole)).splitlines())
        return Exit.GOOD

    parser = commands.command(
        "completion", "print what a shell needs to complete this command", run, json=False
    )
    parser.add_argument("shell", choices=_SHELLS)
