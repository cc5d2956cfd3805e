# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plain texts of YAML stand for: less than YAML 1.1 says, and nothing that surprises.

``22:30`` and ``2026-01-01`` stay text, and so does a number that would be written back in another
way, as ``007``, ``+5`` and ``1.10`` would be.
"""

from __future__ import annotations

import re

_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
}
_LONGEST_WORD = 5
_INT = re.compile(r"(?:0|-?[1-9][0-9]{0,18})\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\.[0-9]{1,18}\Z")


def plain_scalar(text: str) -> str | int | float | bool | None:
    """Return what ``text`` stands for where it is written without quotes."""
    if len(text) <= _LONGEST_WORD and text in _WORDS:
        return _WORDS[text]
    if text[0] in "-0123456789":
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text) and str(number := float(text)) == text:
            return number
    return text
