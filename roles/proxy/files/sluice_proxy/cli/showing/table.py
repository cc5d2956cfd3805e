# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .terminal import visible

_BETWEEN = "  "


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table; a title that begins with ``>`` has its column at the right."""
    right = [title.startswith(">") for title in titles]
    cells = [[title.removeprefix(">") for title in titles]]
    cells += [[visible(cell) or "-" for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        _BETWEEN.join(
            cell.rjust(width) if at_right else cell.ljust(width)
            for cell, width, at_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


def several(values: Sequence[str], most: int = 3) -> str:
    """Return a list for one cell; what is beyond ``most`` is counted."""
    shown = ", ".join(values[:most])
    return f"{shown}, +{len(values) - most}" if len(values) > most else shown
