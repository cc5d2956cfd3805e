# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the documentation find what is wrong: each is shown a broken example."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.tests.unit.docs import markdown, messages, rendered
from ansible_collections.sluice.edge.tests.unit.docs.pages import (
    INVENTORY,
    TASKS,
    VARIABLES,
    Example,
    kind_of,
)
from ansible_collections.sluice.edge.tests.unit.docs.readers import judge_all

SERVICE = "- sluice.edge.ipvs_service: {address: 192.0.2.1, port: 80}\n"
LIST = "- sluice.edge.ipvs_service: {config: [{address: 192.0.2.1, port: 80}]}\n"
SITE = "{director_services: [{address: 192.0.2.1, port: 80}], director_vips: []}\n"
HOSTS = "all: {children: {directors: {hosts: {director1: {}}}, web: {hosts: {web1: {}}}}}\n"

RIGHT = {"tasks": (TASKS, SERVICE), "list": (TASKS, LIST), "site": (VARIABLES, SITE)}
WRONG = {
    "a renamed option": (TASKS, SERVICE.replace("address", "adress"), "adress"),
    "a renamed option of a list": (TASKS, LIST.replace("port", "prt"), "'prt'; did you mean port"),
    "a value that no module takes": (
        TASKS,
        SERVICE.replace("80", "80, scheduler: fair"),
        "value of scheduler must be one of",
    ),
    "a contradiction": (TASKS, SERVICE.replace("80", "80, netmask: '24'"), "needs persistence"),
    "an undefined variable": (
        TASKS,
        SERVICE.replace("192.0.2.1", "'{{ nowhere }}'"),
        "'nowhere' is undefined",
    ),
    "a wrong service for site.yml": (VARIABLES, SITE.replace("port", "prt"), "'prt'"),
    "a wrong value for the role": (
        VARIABLES,
        SITE.replace("director_vips", "real_server_tunnels: [ppp], director_vips"),
        "real_server_tunnels must be one or more of",
    ),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> rendered.Answers:
    """Do with these examples what the other tests do with those of the pages."""
    examples = [Example("inventory", INVENTORY, HOSTS)]
    examples += [Example(where, kind, text) for where, (kind, text) in RIGHT.items()]
    examples += [Example(where, kind, text) for where, (kind, text, _why) in WRONG.items()]
    folder = tmp_path_factory.mktemp("wrong")
    inventory = rendered.write_inventory(examples, folder)
    return rendered.render(examples, rendered.playbook_files(examples, folder), inventory)


@pytest.mark.parametrize("where", RIGHT)
def test_a_right_example_is_taken(where: str, answers: rendered.Answers) -> None:
    judge_all(rendered.tasks_of(where, answers))


@pytest.mark.parametrize("where", WRONG)
def test_finds(where: str, answers: rendered.Answers) -> None:
    _kind, _text, why = WRONG[where]
    with pytest.raises((ValueError, EdgeError, rendered.Refused), match=why):
        judge_all(rendered.tasks_of(where, answers))


def test_wrong_syntax_is_found(tmp_path: Path) -> None:
    inventory = rendered.write_inventory([Example("inventory", INVENTORY, HOSTS)], tmp_path)
    broken = tmp_path / "broken.yml"
    broken.write_text("- hosts: directors\n  tsks: []\n", encoding="utf-8")
    with pytest.raises(rendered.Refused, match="tsks"):
        rendered.check_syntax([broken], inventory)


def test_an_example_of_no_kind_is_found() -> None:
    with pytest.raises(ValueError, match="neither"):
        kind_of("text")
    with pytest.raises(ValueError, match="plays and tasks"):
        kind_of([{"hosts": "all"}, {"name": "a task"}])


def test_a_message_that_nobody_says_is_found() -> None:
    texts = ["port … needs persistence"]
    assert messages.unsaid("port 0 … needs persistence", texts) == ["port 0"]
    assert messages.unsaid("port … needs persistence", texts) == []


def test_links_in_prose_are_found_and_those_in_examples_are_not() -> None:
    page = "[a](b.md#c-d)\n```text\n[e](f.md)\n```\n![g](h.svg)\n# C: d\n"
    assert markdown.links(page) == ["b.md#c-d", "h.svg"]
    assert markdown.anchors(page) == {"c-d"}
