# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pydantic says, as lines for people: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sluice_proxy.config.document import Document
from sluice_proxy.config.problems import Path, Problem

_WORDS = {
    "missing": "this is missing: write it",
    "list_type": "write a list here",
    "dict_type": "write a mapping of names and values here",
    "model_type": "write a mapping of names and values here",
    "model_attributes_type": "write a mapping of names and values here",
    "string_type": "write a text here",
    "int_type": "write a whole number here",
    "float_type": "write a number here",
    "float_parsing": "write a number here",
    "bool_type": "write true or false here",
    "greater_than_equal": "this is too small: use {ge} or more",
    "less_than_equal": "this is too large: use {le} or less",
    "string_too_short": "this is too short: use {min_length} characters or more",
    "string_too_long": "this is too long: use {max_length} characters or fewer",
    "too_short": "this is too short: write {min_length} or more",
    "too_long": "this is too long: write {max_length} or fewer",
    "enum": "this is not known: use {expected}",
    "literal_error": "this is not known: use {expected}",
    "string_pattern_mismatch": "this has a character that cannot be here, or does not begin right:"
    " it has to match {pattern}",
}


MOST = 1000
"""Problems of values that are told at once."""
_LONGEST_KEY = 100
"""Characters of a key for which a similar one is looked for."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with the value at ``path``, or with its ``key``."""

    path: Path
    message: str
    key: bool = False


def findings(error: ValidationError, root: type[BaseModel]) -> Iterator[Finding]:
    """Yield what ``error`` found in a value that should be a ``root``, the first MOST of it."""
    for detail in error.errors(include_url=False, include_input=False)[:MOST]:
        path, is_key = _path(detail)
        if detail["type"] == "extra_forbidden":
            yield Finding(path, _unknown(path, root), key=True)
        else:
            yield Finding(path, _message(detail), is_key)


def problems(error: ValidationError, root: type[BaseModel], document: Document) -> list[Problem]:
    """Return what ``error`` found, each with the place of the value in the file."""
    return [
        document.problem(found.path, found.message, key=found.key)
        for found in findings(error, root)
    ]


def _path(detail: ErrorDetails) -> tuple[Path, bool]:
    """Return where the value is, and whether it is its key that is wrong."""
    location = detail["loc"]
    if location and location[-1] == "[key]":
        return location[:-1], True
    return location, False


def _message(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "value_error":
        return str(context["error"])
    words = _WORDS.get(detail["type"])
    return words.format(**context) if words else detail["msg"]


def _unknown(path: Path, root: type[BaseModel]) -> str:
    key = str(path[-1])
    known = list(_keys(root, path[:-1]))
    close = get_close_matches(key[:_LONGEST_KEY], known, n=1, cutoff=0.6)
    if close:
        return f"there is no key {key!r}: did you mean {close[0]!r}?"
    return f"there is no key {key!r}: use {', '.join(sorted(known))}"


def _keys(model: type[BaseModel], path: Path) -> Iterable[str]:
    """Return the keys that the mapping at ``path`` may have."""
    for part in path:
        if part in model.model_fields:
            inner = _model_in(model.model_fields[str(part)].annotation)
            if inner is None:
                return ()
            model = inner
    return model.model_fields


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a value, or the values in it, are of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        found = _model_in(part)
        if found is not None:
            return found
    return None
