# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON as it comes from outside: read strictly, so that everybody reads the same (RFC 8259).

What parsers differ in is refused: names that are there twice, numbers that are none, bytes that
are no UTF-8, halves of surrogate pairs. What would cost memory or stack is bounded.
"""

from __future__ import annotations

import json
from typing import Any

MOST_BYTES = 32 * 1024 * 1024
MOST_VALUES = 2_000_000
"""Values of one text; commas and brackets within strings are counted too."""
MOST_DEPTH = 32
_LONGEST_SHOWN = 80


class BadJson(ValueError):
    """A text is not JSON, or not JSON that everybody reads alike; one line."""


def read_json(content: bytes) -> Any:
    """Return what a text says; raises BadJson."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson(f"the content is not UTF-8: byte {error.start} is out of place") from None
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise BadJson(f"the content has more than {MOST_VALUES} values: send it in parts")
    value = _parsed(text)
    _check_depth(value)
    if "\\u" in text:
        _check_surrogates(value)
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_without_doubles,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except BadJson:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise BadJson(f"the content is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise BadJson(_TOO_DEEP) from None
    except ValueError:
        # Python reads whole numbers of a bounded length only.
        raise BadJson("the content has a number of too many digits") from None


_TOO_DEEP = f"values are nested deeper than {MOST_DEPTH}"


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen = set()
        for name, _value in pairs:
            if name in seen:
                raise BadJson(f"the name {name[:_LONGEST_SHOWN]!r} is there twice in one object")
            seen.add(name)
    return found


def _no_number(text: str) -> Any:
    raise BadJson(f"{text} is no number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise BadJson(f"the number {text[:_LONGEST_SHOWN]} is too large")
    return value


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise BadJson(_TOO_DEEP)
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]


def _check_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadJson("the content has half of a surrogate pair, which is no character") from None
