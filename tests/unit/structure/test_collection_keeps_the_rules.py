# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's own files keep the rules of its structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from ansible_collections.sluice.edge.tests.unit.structure import layers, names

CHECKOUT = Path(__file__).resolve().parents[3]
NAMED_BY_US = ("docs", "molecule", "playbooks", "plugins", "requirements", "roles", "tests")
WRITTEN_BY_TOOLS = {"__pycache__", "output", ".ansible"}

Rule = Callable[[PurePosixPath, str], list[str]]


def _files(folder: str, pattern: str = "*") -> Iterator[PurePosixPath]:
    for path in sorted(CHECKOUT.joinpath(folder).rglob(pattern)):
        if path.is_file() and not WRITTEN_BY_TOOLS.intersection(path.parts):
            yield PurePosixPath(path.relative_to(CHECKOUT).as_posix())


def _offences(rule: Rule, folder: PurePosixPath) -> list[str]:
    return [
        offence
        for path in _files(str(folder), "*.py")
        for offence in rule(path, CHECKOUT.joinpath(path).read_text(encoding="utf-8"))
    ]


def test_all_engine_code_belongs_to_a_layer() -> None:
    files = list(_files(str(layers.MODULE_UTILS), "*.py"))
    assert files, "there is no engine to look at"
    assert [offence for path in files for offence in layers.unknown_layer(path)] == []


@pytest.mark.parametrize(
    "rule", [layers.ansible_below_modules, layers.upward_imports, layers.impure_imports]
)
def test_the_engine_keeps(rule: Rule) -> None:
    assert _offences(rule, layers.MODULE_UTILS) == []


def test_modules_import_only_ansible_and_the_engine() -> None:
    assert _offences(layers.module_imports, layers.MODULES) == []


def test_no_plugin_file_is_too_long() -> None:
    assert _offences(names.too_long, PurePosixPath("plugins")) == []


def test_no_name_says_nothing() -> None:
    paths = [path for folder in NAMED_BY_US for path in _files(folder)]
    assert [offence for path in paths for offence in names.name_that_says_nothing(path)] == []


def test_sanity_has_nothing_to_ignore() -> None:
    assert list(CHECKOUT.glob("tests/sanity/ignore*.txt")) == []
