# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading Markdown: fenced blocks, tables, links, headings. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")
_HEADING = re.compile(r"^#+ +(.*)")


class Fence(NamedTuple):
    """A fenced block: its language, the line where its text begins, its text."""

    language: str
    line: int
    text: str


def fences(text: str) -> list[Fence]:
    """Return the fenced blocks in order."""
    found: list[Fence] = []
    language: str | None = None
    lines: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif language is None:
            language, lines = line[3:].strip(), []
        else:
            found.append(Fence(language, number - len(lines), "\n".join([*lines, ""])))
            language = None
    return found


def prose(text: str) -> str:
    """Return the text without its fenced blocks."""
    kept: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def links(text: str) -> list[str]:
    """Return the targets of links and images."""
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """Return the fragments that GitHub gives the headings."""
    titles = [match[1] for line in prose(text).splitlines() if (match := _HEADING.match(line))]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables as rows of cells; the first row is the heading."""
    found: list[list[list[str]]] = []
    inside = False
    for line in prose(text).splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not inside:
            found.append([])
        inside = True
        if not all(set(cell) <= set("-:") for cell in cells):
            found[-1].append(cells)
    return found


def table(text: str, *heading: str) -> list[list[str]]:
    """Return the rows below the heading that begins with these cells; raises LookupError."""
    for rows in tables(text):
        if rows[0][: len(heading)] == list(heading):
            return rows[1:]
    raise LookupError(f"no table that begins with {heading}")


def codes(text: str) -> list[str]:
    """Return what stands in backticks."""
    return _CODE.findall(text)
