# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tables of the documentation say is so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.sluice.edge.tests.tooling.stages import GROUPS
from ansible_collections.sluice.edge.tests.unit.docs import documented, markdown, messages
from ansible_collections.sluice.edge.tests.unit.docs.pages import CHECKOUT, PAGES, name_of
from ansible_collections.sluice.edge.tests.unit.structure.layers import KINDS

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
OPERATIONS = (CHECKOUT / "docs/operations.md").read_text(encoding="utf-8")
ARCHITECTURE = (CHECKOUT / "docs/architecture.md").read_text(encoding="utf-8")
DEVELOPMENT = (CHECKOUT / "docs/development.md").read_text(encoding="utf-8")

ATTRIBUTES = ("check_mode", "diff_mode", "idempotent")
_NAME = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+")
_PATH = re.compile(r"(?:docs|meta|molecule|plugins|requirements|roles|tests)/[\w./*-]*")
_SETTING = re.compile(r"([a-z_]+): (\S+)")
# Names in tables that belong to the kernel or to Ansible.
_OTHERS = {"ip_vs", "ip_vs_rr", "ip_vs_wlc", "ansible_python_interpreter", "action_groups"}


def test_the_table_of_modules_lists_them_all_as_they_describe_themselves() -> None:
    listed = {row[0].strip("`"): row[2:] for row in markdown.table(README, "Module")}
    described = {
        name: [answer["doc"]["attributes"][attribute]["support"] for attribute in ATTRIBUTES]
        for name, answer in documented.modules().items()
    }
    assert listed == described


def test_shared_options_are_those_of_every_module_that_takes_lists() -> None:
    shared = [row[0].strip("`") for row in markdown.table(README, "Option", "Meaning")]
    for name in ("ipvs_service", "ipvs_server", "vip"):
        assert set(shared) <= set(documented.modules()[name]["doc"]["options"])


@pytest.mark.parametrize("page", [README, OPERATIONS], ids=["README", "operations"])
def test_every_name_in_a_table_exists(page: str) -> None:
    known = set(_known_names())
    written = {
        code
        for code in markdown.codes(_all_tables(page))
        if _NAME.fullmatch(code) and code not in _OTHERS
    }
    assert written, "the tables name nothing"
    assert written - known == set()


@pytest.mark.parametrize("page", [README, OPERATIONS], ids=["README", "operations"])
def test_every_value_in_a_page_is_one_that_its_option_takes(page: str) -> None:
    choices = _choices()
    written = [
        match.groups()
        for code in markdown.codes(markdown.prose(page))
        if (match := _SETTING.fullmatch(code)) and match[1] in choices
    ]
    assert written, "the page sets nothing"
    assert [pair for pair in written if pair[1] not in choices[pair[0]]] == []


def test_a_role_readme_lists_its_variables_with_their_defaults() -> None:
    for role, options in documented.role_options().items():
        page = (CHECKOUT / "roles" / role / "README.md").read_text(encoding="utf-8")
        listed = {row[0].strip("`"): row[2].strip("`") for row in markdown.table(page, "Variable")}
        assert listed == {name: str(option.get("default", "")) for name, option in options.items()}


@pytest.mark.parametrize(
    "message",
    [
        markdown.codes(row[0])[0]
        for rows in markdown.tables(OPERATIONS)
        if rows[0][0] == "Message"
        for row in rows[1:]
    ],
)
def test_the_engine_says(message: str) -> None:
    texts = messages.spoken(CHECKOUT / "plugins" / "module_utils")
    assert messages.unsaid(message, texts) == []


def test_requirements_are_explained_with_their_ranges() -> None:
    wanted = set()
    for name in ("dev", "proxy-tests", "target", "target-tests"):
        for line in (CHECKOUT / f"requirements/{name}.txt").read_text().splitlines():
            requirement = line.split("#")[0].strip()
            if requirement and not requirement.startswith("-"):
                wanted.add(requirement)
    rows = markdown.table(ARCHITECTURE, "Requirement")
    explained = {code for row in rows for code in markdown.codes(row[0])}
    assert explained == wanted


def test_layers_are_described_as_they_are() -> None:
    described = {row[0].strip("`") for row in markdown.table(ARCHITECTURE, "Folder", "Its one job")}
    engine = CHECKOUT / "plugins" / "module_utils"
    layers = {
        f"plugins/module_utils/{path.name}" for path in engine.iterdir() if path.name[1:2] != "_"
    }
    assert described >= layers
    assert [folder for folder in described if not (CHECKOUT / folder).is_dir()] == []


def test_files_of_a_kind_are_described_as_they_are() -> None:
    kinds = [CHECKOUT / "plugins/module_utils" / kind for kind in KINDS]
    for row in markdown.table(ARCHITECTURE, "File or folder"):
        for name in markdown.codes(row[0]):
            assert [kind for kind in kinds if list(kind.rglob(name.rstrip("/")))], name


@pytest.mark.parametrize("page", [ARCHITECTURE, DEVELOPMENT], ids=["architecture", "development"])
def test_paths_in_a_page_exist(page: str) -> None:
    written = {code for code in markdown.codes(markdown.prose(page)) if _PATH.fullmatch(code)}
    assert written, "the page names no path"
    real = [path for path in sorted(written) if "KIND" not in path and "*" not in path]
    assert [path for path in real if not (CHECKOUT / path).exists()] == []


def test_folders_of_tests_are_described_as_they_are() -> None:
    rows = markdown.table(ARCHITECTURE, "Folder", "What it proves")
    described = {code for row in rows for code in markdown.codes(row[0])}
    assert [folder for folder in described if not (CHECKOUT / folder).is_dir()] == []


def test_targets_and_stages_are_those_of_the_tools() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for row in markdown.table(DEVELOPMENT, "Target"):
        target = row[0].strip("`").removeprefix("make ").replace("NAME", "%")
        assert f"\n{target}:" in makefile
    paragraph = next(line for line in DEVELOPMENT.splitlines() if line.startswith("Stages, "))
    listed = set(markdown.codes(paragraph))
    assert listed == {stage.name for stages in GROUPS.values() for stage in stages}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Any) -> None:
    for link in markdown.links(page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _hash, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} leads nowhere"
        if fragment:
            assert fragment in markdown.anchors(target.read_text(encoding="utf-8"))


def _all_tables(page: str) -> str:
    return "\n".join(
        cell for rows in markdown.tables(page) for row in rows for cell in row if rows[0] != row
    )


def _known_names() -> Iterator[str]:
    yield from documented.MODULES
    yield from documented.ROLES
    for answer in documented.modules().values():
        yield from _names(answer["doc"]["options"])
        yield from answer["return"]
    for options in documented.role_options().values():
        yield from options
    yield from re.findall(r"\w+", (CHECKOUT / "playbooks/site.yml").read_text(encoding="utf-8"))


def _names(options: Mapping[str, Any]) -> Iterator[str]:
    for name, option in options.items():
        yield name
        yield from option.get("aliases", ())
        yield from _names(option.get("suboptions", {}))


def _choices() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for answer in documented.modules().values():
        for name, option in answer["doc"]["options"].items():
            values = {"true", "false"} if option["type"] == "bool" else set()
            values.update(option.get("choices", ()))
            if values:
                found.setdefault(name, set()).update(values)
    return found
