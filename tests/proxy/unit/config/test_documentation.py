# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of the configuration says what the program does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from samples.config import complaints, snapshot
from samples.example import EXAMPLE, REFERENCE
from sluice_proxy.config.document import CHARACTERS, MAX_BYTES, MAX_DEPTH, MAX_VALUES
from sluice_proxy.config.explaining import MOST
from sluice_proxy.config.files import MAX_FILE_BYTES
from sluice_proxy.config.reference import json_schema, tables
from sluice_proxy.config.sections.root import RootSection
from sluice_proxy.config.sections.section import ONE_OR_MANY
from sluice_proxy.routes.matching.rivals import MOST as PAIRS
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.path_pattern import parse_path_pattern
from sluice_proxy.snapshot.snapshot import Snapshot


def test_the_page_has_every_key_with_its_default_and_meaning() -> None:
    page = REFERENCE.read_text()
    made = tables()
    assert page.endswith(made), "put `python -m sluice_proxy.config.reference` at the page's end"


def test_every_key_has_a_meaning() -> None:
    rows = [line for line in tables().splitlines() if line.startswith("| `")]
    assert len(rows) > 120
    assert [row for row in rows if row.endswith("|  |")] == []


def test_the_defaults_of_the_page_are_those_of_the_snapshot() -> None:
    # A section that repeats a default could differ from the dataclass behind it.
    written = (
        "limits: {}\ntimeouts: {}\nupstream: {}\nlog: {access: {}, error: {}}\ntls: {}\npages: {}"
    )
    assert snapshot(written) == Snapshot(version=1)
    route = """
    routes: [{timeouts: {}, balancing: {}, retry: {}, maintenance: {}, health: {},
              request_fields: {}, response_fields: {}}]
    """
    assert snapshot(route).routes == snapshot("routes: [{}]").routes


def test_the_bounds_of_the_page_are_those_of_the_program() -> None:
    page = REFERENCE.read_text()
    assert f"at most {MAX_BYTES >> 20} MiB, {MAX_VALUES:,} values" in page
    assert f"one for each {CHARACTERS} characters, and {MAX_DEPTH} levels" in page
    assert f"the first {MOST:,} of them and of routes that rival each other {PAIRS} pairs" in page
    assert f"Pages have at most {MAX_FILE_BYTES >> 20} MiB" in page


LONG_LISTS = {"routes", "certificates", "tls.hosts"}


def lists(model: type[BaseModel], place: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the place of each list of the file, and whether one value may stand for it."""
    for name, field in model.model_fields.items():
        here = f"{place}.{name}".removeprefix(".")
        if "list[" in str(field.annotation) and "dict" not in str(field.annotation):
            yield here, ONE_OR_MANY[0] in field.metadata
        for part in parts(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from lists(part, here)


def parts(annotation: Any) -> Iterator[Any]:
    """Yield what an annotation consists of."""
    yield annotation
    for inner in get_args(annotation):
        yield from parts(inner)


def test_one_value_may_stand_for_every_list_but_those_that_the_page_names() -> None:
    found = dict(lists(RootSection))
    assert len(found) > 12
    assert {place for place, alone in found.items() if not alone} == LONG_LISTS
    assert "but for `routes`, `certificates` and `hosts` of `tls`" in REFERENCE.read_text()


def test_the_patterns_of_the_page_are_read() -> None:
    page = REFERENCE.read_text()
    hosts, paths = re.findall(r"\| Pattern \|.*?\n\|---\|---\|\n((?:\|.*\n)+)", page)
    first = re.compile(r"^\| `([^`]+)`", re.MULTILINE)
    kinds = [parse_host_pattern(text).kind for text in first.findall(hosts)]
    assert kinds == sorted(kinds)
    assert len(set(kinds)) == 6
    assert len([parse_path_pattern(text) for text in first.findall(paths)]) == 6


@pytest.mark.parametrize("number", [0, 1])
def test_the_errors_of_the_page_are_what_is_said(number: int) -> None:
    shown = re.findall(r"^edge\.yml:.*$", REFERENCE.read_text(), re.MULTILINE)[number]
    text = (
        "routes: [{}, {}, {}, {targets: [http://a:99999]}]",
        "routes: [{}, {}, {}, {}, {hsots: a}]",
    )
    (said,) = complaints(text[number])
    assert said.split(": ", 1)[1] == shown.split(": ", 1)[1]


def test_the_schema_knows_every_key_of_the_example() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    keys = set(re.findall(r"^([a-z_]+):", EXAMPLE.read_text(), re.MULTILINE))
    assert keys <= set(schema["properties"])
    assert set(schema["properties"]) == set(RootSection.model_fields)
