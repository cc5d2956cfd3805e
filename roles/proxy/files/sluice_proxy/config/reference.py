# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the file may have, from the models: a JSON schema for editors, tables for people."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sluice_proxy.config.sections.root import RootSection

_SECONDS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))
_BYTES = (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10))
_NAMES = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false"}


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the file."""
    return {**RootSection.model_json_schema(), "patternProperties": {"^x-": {}}}


def tables() -> str:
    """Return the reference of every section in Markdown: key, what it takes, default, meaning."""
    found: dict[type[BaseModel], list[str]] = {}
    _collect(RootSection, "", found)
    return "\n".join(line for model, places in found.items() for line in _section(model, places))


def _collect(model: type[BaseModel], place: str, found: dict[type[BaseModel], list[str]]) -> None:
    """Note where in the file each section may stand."""
    found.setdefault(model, []).append(place)
    for name, field in model.model_fields.items():
        inner, many = _model_in(field.annotation)
        if inner is not None:
            _collect(inner, f"{place}.{name}{many}".removeprefix("."), found)


def _section(model: type[BaseModel], places: list[str]) -> Iterator[str]:
    schema = model.model_json_schema()
    parts = schema.get("properties") or schema["anyOf"][0]["properties"]
    yield f"### {', '.join(f'`{place}`' for place in places if place) or 'The file'}"
    yield ""
    yield " ".join((model.__doc__ or "").split())
    yield ""
    yield "| Key | Takes | Default | Meaning |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        takes, shape = _takes(field, parts[name])
        description = (field.description or "").replace("|", "\\|")
        yield f"| `{name}` | {takes} | {_default(field, shape)} | {description} |"
    yield ""


def _takes(field: FieldInfo, schema: dict[str, Any]) -> tuple[str, str]:
    """Return what a key takes in words, and the shape of its text."""
    inner, many = _model_in(field.annotation)
    if inner is not None:
        return {"": "mapping", "[]": "list", "{}": "mapping of mappings"}[many], ""
    schema = schema.get("anyOf", [schema])[0] if "list" in str(field.annotation) else schema
    if "items" in schema:
        shape = _shape(schema["items"])
        return f"list of {shape}", "list"
    if schema.get("type") == "object":
        return "mapping", "list"
    shape = _shape(schema)
    return shape, shape


def _shape(schema: dict[str, Any]) -> str:
    for option in schema.get("anyOf", ()):
        if option.get("type") != "null":
            return _shape(option)
    if "enum" in schema or "$ref" in schema or "const" in schema:
        return "word"
    return str(schema.get("format") or _NAMES.get(str(schema.get("type")), "text"))


def _default(field: FieldInfo, shape: str) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if isinstance(value, BaseModel) or value in (None, "", [], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(f"`{_word(item)}`" for item in value)
    if shape == "octal digits":
        return f"`0{value:o}`"
    return f"`{_amount(value, shape)}`"


def _amount(value: Any, shape: str) -> str:
    for unit, amount in {"duration": _SECONDS, "size": _BYTES}.get(shape, ()):
        if value and value % amount == 0:
            return f"{int(value // amount)}{unit}"
    return f"{value:g}" if isinstance(value, float) else _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return str(value)


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """Return the section that a key takes, and whether it takes a list or mapping of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    origin = get_origin(annotation)
    for part in get_args(annotation):
        if part is NoneType:
            continue
        found, many = _model_in(part)
        if found is not None:
            return found, {list: "[]", dict: "{}"}.get(origin, many) if origin else many
    return None, ""


if __name__ == "__main__":
    sys.stdout.write(tables())
