# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``token``: a new token of the admin API."""

from __future__ import annotations

import argparse

from ..ending import Exit
from ..options import Commands
from ..showing.terminal import say, say_json

_BYTES = 32


def add(commands: Commands) -> None:
    """Add the command."""
    token = commands.command(
        "token", "make a token, and the line of the tokens file that lets it in", _token
    )
    token.add_argument("name", type=_name, metavar="NAME", help="whose it is, for the log")


def _name(text: str) -> str:
    from ...admin.tokens import line_of

    try:
        line_of(text, "")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _token(asked: argparse.Namespace) -> int:
    import secrets

    from ...admin.tokens import line_of

    token = secrets.token_urlsafe(_BYTES)
    line = line_of(asked.name, token)
    if asked.json:
        say_json({"name": asked.name, "token": token, "line": line})
    else:
        say(f"token: {token}", f"line:  {line}")
    return Exit.GOOD
