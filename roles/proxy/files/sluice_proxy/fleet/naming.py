# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What kinds and ids of documents can be."""

from __future__ import annotations

import re

_KIND = re.compile(r"[a-z0-9-]{1,64}\Z")


def check(kind: str, name: str = "name") -> None:
    """Raise ValueError for a kind that is no word, or an id that is no text."""
    if not _KIND.match(kind):
        raise ValueError(f"{kind!r}: a kind is a word of lower-case letters, digits and hyphens")
    check_text(name)


def check_text(name: str) -> None:
    """Raise ValueError for an empty text, and for one that has no bytes, as half a character."""
    if not name or any("\ud800" <= character <= "\udfff" for character in name):
        raise ValueError(f"{name!r}: a name has to be some text")
