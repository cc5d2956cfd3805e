# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines of the logs: what they say, which are wanted, and how people read them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
"""A line: of the access log if it has ``status``, else of the error log."""

LEVELS = ("debug", "info", "warning", "error")


def read_entry(line: bytes) -> Entry:
    """Return what a line says; one that is no object, as a torn one, is its ``text``."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    return value if isinstance(value, dict) else {"text": line.decode(errors="replace")}


def shown(entry: Entry) -> str:
    """Return an entry as one line for people."""
    if "text" in entry:
        return str(entry["text"])
    if "status" not in entry:
        level = str(entry.get("level", "")).upper()
        return f"{entry.get('time', '')} {level} {entry.get('part', '')}: {_said(entry)}"
    request = f"{entry.get('method', '')} {entry.get('host', '')}{entry.get('target', '')}"
    where = f"{entry.get('route') or '-'} -> {entry.get('upstream') or '-'}"
    error = f" ({entry['error']})" if entry.get("error") else ""
    return (
        f"{entry.get('time', '')} {entry['status']} {request} {_milliseconds(entry)} ms"
        f" {entry.get('client', '')} {where}{error}"
    )


def _said(entry: Entry) -> str:
    trace = f" {entry['trace']}" if entry.get("trace") else ""
    return f"{entry.get('message', '')}{trace}"


def _milliseconds(entry: Entry) -> str:
    seconds = entry.get("seconds")
    return f"{seconds * 1000:.1f}" if isinstance(seconds, int | float) else "?"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: those that have all that is asked for here.

    ``level`` is the least one, ``statuses`` are like ``502`` and ``5xx``, and ``text`` is
    somewhere in the line, in capitals or not.
    """

    level: str | None = None
    route: str | None = None
    statuses: tuple[str, ...] = ()
    text: str = ""

    def __call__(self, entry: Entry) -> bool:
        """Return whether this entry is wanted."""
        if self.level is not None and not _at_least(self.level, entry.get("level")):
            return False
        if self.route is not None and entry.get("route") != self.route:
            return False
        if self.statuses and not any(_is_of(one, entry.get("status")) for one in self.statuses):
            return False
        return not self.text or self.text.lower() in shown(entry).lower()


def _at_least(level: str, has: object) -> bool:
    return has in LEVELS[LEVELS.index(level) :] or has == "critical"


def _is_of(wanted: str, status: object) -> bool:
    text = str(status)
    return text == wanted or (wanted.endswith("xx") and len(text) == 3 and text[0] == wanted[0])
