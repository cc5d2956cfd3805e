# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the engine's messages, read from its source. Pure but for the reading."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

GAP = "…"
_FORMAT = re.compile(r"%[#0 +-]*\d*(?:\.\d+)?[a-z]|%%")
_SHORTEST = 6
"""Shorter pieces between two gaps are found in any text."""


def spoken(folder: Path) -> list[str]:
    """Return the texts in the source below a folder, with gaps where values come in."""
    return [text for path in sorted(folder.rglob("*.py")) for text in _texts(path)]


def unsaid(message: str, texts: list[str]) -> list[str]:
    """Return the pieces of a message, written with gaps, that none of the texts has."""
    pieces = [piece.strip(" ") for piece in message.split(GAP)]
    return [
        piece
        for piece in pieces
        if len(piece) >= _SHORTEST and not any(piece in text for text in texts)
    ]


def _texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield _FORMAT.sub(GAP, node.value)
