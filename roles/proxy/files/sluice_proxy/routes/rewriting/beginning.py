# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a beginning in decoded form ends in a path that is still percent-encoded."""

from __future__ import annotations

import re

_UNIT = re.compile(rb"%([0-9A-Fa-f]{2})|[^%]+", re.DOTALL)


def after(path: bytes, beginning: str) -> bytes | None:
    """Return what follows ``beginning`` in ``path``, percent-encoded; None if it begins otherwise.

    ``beginning`` is in the form of match_path.
    """
    wanted = beginning.encode("utf-8", "surrogateescape")
    if path.startswith(wanted):
        return path[len(wanted) :]
    if b"%" not in path:
        return None
    compared = 0
    for unit in _UNIT.finditer(path):
        if compared >= len(wanted):
            return path[unit.start() :]
        text = unit[0]
        if unit[1] is None:
            left = len(wanted) - compared
            if len(text) > left:
                same = text.startswith(wanted[compared:])
                return path[unit.start() + left :] if same else None
        else:
            byte = bytes((int(unit[1], 16),))
            text = text.upper() if byte in (b"%", b"/") else byte
        if not wanted.startswith(text, compared):
            return None
        compared += len(text)
    return b"" if compared == len(wanted) else None


def after_segments(path: bytes, beginning: str) -> bytes | None:
    """Return the same, but None where the beginning ends within a segment."""
    rest = after(path, beginning)
    if rest is None or not rest or rest.startswith(b"/") or beginning.endswith("/"):
        return rest
    return None
