# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record as text: JSON, one resource on a line. Pure."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence

from .._converge.errors import Unavailable

FORMAT = 1
"""The version of the layout; a reader refuses what is newer than itself."""

_START = '{"format": '

Resources = List[Dict[str, Any]]
"""The options of each resource, as ``config`` of the module that declares it takes them."""


class BrokenRecord(Unavailable):
    """A record that cannot be understood; nobody writes over it."""


def encode(resources: Sequence[Dict[str, Any]]) -> str:
    """Return the text of a record; equal resources in equal order give equal bytes."""
    lines = ",\n".join(json.dumps(entry, sort_keys=True) for entry in resources)
    return '%s%d, "resources": [\n%s\n]}\n' % (_START, FORMAT, lines)


def decode(text: str) -> Resources:
    """Return the resources in a record's text.

    Raises BrokenRecord with one clause that says what is wrong: empty, truncated, no record at
    all, or of a newer format.
    """
    if not text.strip():
        raise BrokenRecord("is empty")
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        if _is_cut_off(text, error):
            raise BrokenRecord("is truncated after %d characters" % len(text)) from None
        raise BrokenRecord("is not JSON (%s)" % error) from None
    version = found.get("format") if isinstance(found, dict) else None
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise BrokenRecord("is not a record: it names no format")
    if version > FORMAT:
        raise BrokenRecord(
            "has the newer format %d, and this version reads up to %d" % (version, FORMAT)
        )
    resources = found.get("resources")
    if not isinstance(resources, list) or not all(isinstance(each, dict) for each in resources):
        raise BrokenRecord("is not a record: it has no list of resources")
    return resources


def _is_cut_off(text: str, error: json.JSONDecodeError) -> bool:
    """Tell whether a text begins as a record does, and ends before its end."""
    whole = text.rstrip()
    if whole[: len(_START)] != _START[: len(whole)]:
        return False
    ends_early = error.pos >= len(whole) or error.msg.startswith("Unterminated")
    return ends_early or not whole.endswith("]}")
