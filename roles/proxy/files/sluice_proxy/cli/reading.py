# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a command is given: documents, pages, certificates, keys."""

from __future__ import annotations

import json
import sys
from typing import Any

from .ending import BadUsage

STANDARD_INPUT = "-"
MOST_BYTES = 32 * 1024 * 1024
"""Of a document, as of a request to the API."""
MOST_TEXT_BYTES = 1024 * 1024
"""Of a page, and of a file of PEM."""


def read_text(name: str, most: int = MOST_TEXT_BYTES) -> str:
    """Return the text of a file, ``-`` for standard input; raises BadUsage."""
    try:
        if name == STANDARD_INPUT:
            content = sys.stdin.buffer.read(most + 1)
        else:
            with open(name, "rb") as file:
                content = file.read(most + 1)
    except OSError as error:
        raise BadUsage(f"{name} cannot be read: {error.strerror}") from None
    if len(content) > most:
        raise BadUsage(f"{called(name)} has more than {most} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise BadUsage(f"{called(name)} is not UTF-8: {error.reason}") from None


def read_document(name: str) -> dict[str, Any]:
    """Return the mapping of a file of JSON or YAML; raises BadUsage.

    YAML is read as the configuration file is: with its bounds, and by its rules.
    """
    text = read_text(name, MOST_BYTES)
    value = _json(text)
    if value is None:
        value = _yaml(text, called(name))
        if value == {}:
            # What made it may have failed.
            raise BadUsage(f"{called(name)} is empty: write the document, as show prints it")
    if not isinstance(value, dict):
        raise BadUsage(f"{called(name)} is not a mapping: write the document, as show prints it")
    return value


def called(name: str) -> str:
    """Return what errors call a file."""
    return "standard input" if name == STANDARD_INPUT else name


def _json(text: str) -> Any:
    """Return what JSON says, None for what is none; a key that stands twice is for YAML to tell."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice")
    return made


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _yaml(text: str, file: str) -> Any:
    # PyYAML takes a while to import, and most commands read no document.
    from ..config.document import read_document as read
    from ..config.problems import InvalidConfig

    try:
        return read(text.encode(), file).data
    except InvalidConfig as invalid:
        raise BadUsage(str(invalid).splitlines()[0]) from None
