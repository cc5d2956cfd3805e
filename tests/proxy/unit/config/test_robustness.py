# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a file has in it: a snapshot, or errors in one line each, and never anything else."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from samples.config import FilesInMemory
from sluice_proxy.config.loading import parse
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.config.reference import json_schema

SCHEMA = json_schema()
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["off", "http://a", "/", "*", "1.3", "https", "pause", "10/s", "x" * 70_000]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
)


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return values that are somewhat like the schema's."""
    if "$ref" in schema:
        return values(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema:
        return st.one_of(*map(values, schema["anyOf"]))
    if "properties" in schema:
        parts = schema["properties"].items()
        inner = {key: later(part) for key, part in parts}
        return st.fixed_dictionaries({}, optional=inner) | ODD
    if schema.get("type") == "array":
        return st.lists(later(schema["items"]), max_size=2) | ODD
    known = [*schema.get("examples", ()), *schema.get("enum", ()), schema.get("default")]
    return st.sampled_from(known) | ODD


def later(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return the values of a schema that may have itself inside."""
    return st.deferred(lambda: values(schema))


def check(text: bytes) -> None:
    try:
        parse(text, file="edge.yml", files=FilesInMemory())
        return
    except InvalidConfig as caught:
        invalid = caught
    lines = str(invalid).split("\n")
    assert len(lines) == len(invalid.problems)
    assert all(line.startswith("edge.yml") and len(line) < 1000 for line in lines)


@given(values(SCHEMA))
def test_values_that_are_nearly_right(data: object) -> None:
    check(yaml.safe_dump(data, allow_unicode=True).encode("utf-8", "replace"))


@given(
    st.binary(max_size=200) | st.text("{}[]:,-&*!|>'\"%@`#? \n\tab<0", max_size=60).map(str.encode)
)
def test_any_bytes(text: bytes) -> None:
    check(text)
