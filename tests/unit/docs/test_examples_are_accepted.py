# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation is one that Ansible and the engine accept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.sluice.edge.tests.unit.docs import documented, rendered
from ansible_collections.sluice.edge.tests.unit.docs.pages import (
    INVENTORY,
    TASKS,
    VARIABLES,
    Example,
    page_examples,
)
from ansible_collections.sluice.edge.tests.unit.docs.readers import READERS, judge_all

PAGES = page_examples()
MODULES = [f"plugins/modules/{name}.py" for name in documented.MODULES]
RUNNABLE = [example.where for example in PAGES if example.kind != INVENTORY]


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    described = documented.modules()
    of_modules = [
        Example(where, TASKS, described[name]["examples"])
        for where, name in zip(MODULES, documented.MODULES, strict=True)
    ]
    return PAGES + of_modules


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples")


@pytest.fixture(scope="module")
def inventory(examples: list[Example], workplace: Path) -> Path:
    return rendered.write_inventory(examples, workplace)


@pytest.fixture(scope="module")
def files(examples: list[Example], workplace: Path) -> dict[str, Path]:
    return rendered.playbook_files(examples, workplace)


@pytest.fixture(scope="module")
def answers(examples: list[Example], files: dict[str, Path], inventory: Path) -> rendered.Answers:
    return rendered.render(examples, files, inventory)


def test_there_are_examples_of_every_kind() -> None:
    kinds = {example.kind for example in PAGES}
    assert kinds >= {INVENTORY, TASKS, VARIABLES, "playbook"}


def test_every_module_has_a_reader() -> None:
    assert sorted(READERS) == list(documented.MODULES)


def test_ansible_accepts_the_syntax_of_all(files: dict[str, Path], inventory: Path) -> None:
    rendered.check_syntax(files.values(), inventory)


@pytest.mark.parametrize("where", RUNNABLE + MODULES)
def test_the_engine_accepts(where: str, answers: rendered.Answers) -> None:
    tasks = rendered.tasks_of(where, answers)
    assert tasks, "no task of this collection in it"
    judge_all(tasks)


@pytest.mark.parametrize("module", documented.MODULES)
def test_a_module_shows_itself(module: str, answers: rendered.Answers) -> None:
    tasks = rendered.tasks_of(f"plugins/modules/{module}.py", answers)
    assert module in [task["module"] for task in tasks]


@pytest.mark.parametrize(
    "example", [example for example in PAGES if example.kind != INVENTORY], ids=lambda it: it.where
)
def test_variables_are_those_that_somebody_reads(example: Example) -> None:
    for role, options in documented.role_options().items():
        ours = [name for name in _keys(yaml.safe_load(example.text)) if name.startswith(f"{role}_")]
        assert [name for name in ours if name not in options] == []


def _keys(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for entry in content:
            yield from _keys(entry)
    if isinstance(content, dict):
        for name, value in content.items():
            yield name
            yield from _keys(value)
