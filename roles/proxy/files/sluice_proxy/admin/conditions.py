# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditional requests (RFC 9110, section 13). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TAG = re.compile(r'(W/)?("[!\x23-\x7e\x80-\U0010ffff]*")')
_BETWEEN = re.compile(r"[ \t]*(?:,[ \t]*)+")


@dataclass(frozen=True, slots=True)
class Tags:
    """What If-Match or If-None-Match lists; ``any`` is the star. ``strong`` and ``weak`` are
    opaque tags with their quotes."""

    any: bool = False
    strong: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()


def read_tags(values: Iterable[str]) -> Tags | None:
    """Return the tags of all fields of that name, None without one; raises ValueError."""
    fields = [value.strip(" \t") for value in values]
    if not fields:
        return None
    text = ", ".join(fields)
    if text == "*":
        return Tags(any=True)
    strong: set[str] = set()
    weak: set[str] = set()
    for part in _parts(text):
        found = _TAG.fullmatch(part)
        if found is None:
            raise ValueError('write * or a list of tags in double quotes, like "7"')
        (weak if found[1] else strong).add(found[2])
    if not strong and not weak:
        raise ValueError('no tag is there: write * or a list of tags in double quotes, like "7"')
    return Tags(strong=frozenset(strong), weak=frozenset(weak))


def matches(tags: Tags, current: Iterable[str]) -> bool:
    """Whether If-Match holds for a resource that has the strong tags ``current``, none when it is
    not there (section 13.1.1: compared strongly)."""
    own = frozenset(current)
    return bool(own) if tags.any else not tags.strong.isdisjoint(own)


def none_matches(tags: Tags, current: Iterable[str]) -> bool:
    """Whether If-None-Match holds (section 13.1.2: compared weakly)."""
    own = frozenset(current)
    return not own if tags.any else (tags.strong | tags.weak).isdisjoint(own)


def _parts(text: str) -> list[str]:
    """Split at commas that are in no tag; empty elements are left out (section 5.6.1)."""
    parts, place = [], 0
    while place < len(text):
        between = _BETWEEN.match(text, place)
        if between is not None:
            place = between.end()
            continue
        found = _TAG.match(text, place)
        end = text.find(",", place) if found is None else found.end()
        end = len(text) if end < 0 else end
        after = text[end:].lstrip(" \t")
        if found is not None and after and not after.startswith(","):
            end = len(text)
        parts.append(text[place:end].strip(" \t"))
        place = end
    return parts
