# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way out: whatever is said goes through here, and has no control character then."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any

_BEGIN_AGAIN = "\x1b[H\x1b[J"
"""Moves a terminal's cursor to its beginning, and clears what is after it."""


def visible(text: str) -> str:
    """Return ``text`` as one line in which every character can be seen.

    Control characters, and those that turn the direction of text, are written as Python does.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def say(*lines: str, error: bool = False) -> None:
    """Print each line, to standard error if it is about one."""
    stream = sys.stderr if error else sys.stdout
    for line in lines:
        stream.write(visible(line) + "\n")
    stream.flush()


def say_json(value: Any, *, error: bool = False, compact: bool = False) -> None:
    """Print a value as JSON in ASCII, ``compact`` on one line."""
    text = json.dumps(value, indent=None if compact else 2)
    # The one control character that JSON leaves as it is.
    stream = sys.stderr if error else sys.stdout
    stream.write(text.replace("\x7f", "\\u007f") + "\n")
    stream.flush()


def redraw(lines: Sequence[str]) -> None:
    """Show ``lines`` in place of all that a terminal shows, as many as there is room for."""
    columns, rows = shutil.get_terminal_size()
    shown = "\n".join(visible(line)[:columns] for line in lines[: max(rows - 1, 1)])
    sys.stdout.write(f"{_BEGIN_AGAIN}{shown}\n")
    sys.stdout.flush()


def is_terminal() -> bool:
    """Return whether a person sees standard output as it comes."""
    return sys.stdout.isatty()


def prepare_streams() -> None:
    """Have standard streams that were closed lead to nowhere, and take any text.

    What an encoding lacks is written as escapes then, and is no error.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # It gets the number that is free: nothing else is to be opened in its place.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
