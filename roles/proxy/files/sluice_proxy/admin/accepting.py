# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a client wants to read (RFC 9110, section 12.5.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable

_HTML, _JSON = ("text", "html"), ("application", "json")


def prefers_html(fields: Iterable[str]) -> bool:
    """Return whether Accept asks for HTML rather than for JSON; who does not say gets JSON."""
    ranges = [found for field in fields for part in field.split(",") if (found := _range(part))]
    return _quality(ranges, _HTML) > _quality(ranges, _JSON)


def _range(text: str) -> tuple[str, str, float] | None:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    kind, slash, subtype = media.partition("/")
    if not slash:
        return None
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return kind, subtype, float(quality)
    except ValueError:
        return None


def _quality(ranges: list[tuple[str, str, float]], wanted: tuple[str, str]) -> float:
    """Return the quality that the most specific range gives a type."""
    for own in (wanted, (wanted[0], "*"), ("*", "*")):
        for kind, subtype, quality in ranges:
            if (kind, subtype) == own:
                return quality
    return 0.0
