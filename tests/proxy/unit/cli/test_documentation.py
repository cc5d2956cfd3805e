# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/proxy/cli.md has every command and exit code, and the JSON that there is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from running.scripted_api import Asked, ScriptedApi, Told
from samples.told_status import FIRST, sample_status
from sluice_proxy.cli.command import main, parser
from sluice_proxy.cli.completing.tree import tree_of
from sluice_proxy.cli.ending import Exit

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "proxy" / "cli.md").read_text("utf-8")
COMMANDS = {" ".join(one.words) for one in tree_of(parser()).walk() if not one.commands}


def table(heading: str) -> dict[str, str]:
    """Return the first table below a heading: the last column by the first."""
    part = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return {row[0].strip(): row[-1].strip() for row in rows[2:]}


def test_every_command_is_described() -> None:
    assert {name.strip("`") for name in table("Commands")} == COMMANDS


def test_every_exit_code_is_described() -> None:
    assert set(table("Exit codes")) == {str(int(code)) for code in Exit}


def test_every_option_of_changes_is_described() -> None:
    for option in ("--dry-run", "--if-version", "--owner", "--file", "--json", "--url", "--ca"):
        assert f"`{option}" in TEXT or f" {option} " in TEXT


def members(command: str) -> set[str]:
    """Return the members that are described for a command, with those of inner objects."""
    row = next(row for name, row in table("JSON").items() if f"`{command}`" in name)
    return set(re.findall(r"`([a-z_]+)`", row))


def names(value: Any) -> set[str]:
    """Return the names of an object's members, and of what is in its lists."""
    found = set(value)
    for inner in value.values():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            found |= set(inner[0])
    return found


def answering(asked: Asked) -> Told:
    item = {
        "kind": "route", "id": "shop", "origin": "api", "owner": "", "version": 1, "document": {},
    }  # fmt: skip
    operation = {
        "operation": "create", "kind": "route", "id": "shop", "before": None, "after": item,
    }  # fmt: skip
    path = asked.target.partition("?")[0]
    if path == "/v1/changes":
        plan = {"revision": 1, "changed": True, "unchanged": 0, "operations": [operation]}
        return Told(plan)
    if path == "/v1/log-level":
        return Told({"level": "info"})
    if path == "/status":
        routes: Any = sample_status()["routes"]
        routes[0]["targets"][0]["traffic"]["in_flight"] = 0
        return Told(sample_status(routes=routes))
    return Told(item if asked.method == "PATCH" else {"revision": 1, "items": [item]})


@pytest.mark.parametrize(
    ("words", "described"),
    [
        (["version"], "version"),
        (["top", "--once"], "top"),
        (["routes", "show", "shop"], "routes show"),
        (["routes", "add", "shop", "--target", "unix:/a"], "add"),
        (["routes", "remove", "shop", "--dry-run"], "remove"),
        (["drain", "shop", FIRST, "--wait"], "drain"),
        (["token", "ci"], "token"),
        (["log-level"], "log-level"),
        (["check-config", "FILE"], "check-config"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_json_has_the_members_that_are_described(
    words: list[str],
    described: str,
    api: ScriptedApi,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    api.answering = answering
    file = tmp_path / "edge.yml"
    file.write_text("listen: 127.0.0.1:80")
    optional = {"certificate", "order"}
    if described == "check-config":
        optional = {"line", "column", "field", "message"}

    assert main([str(file) if word == "FILE" else word for word in [*words, "--json"]]) == 0
    assert names(json.loads(capsys.readouterr().out)) | optional == members(described) | optional


def test_a_list_has_what_is_described(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.answering = answering

    assert main(["routes", "list", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == members("routes list")


def test_a_bad_configuration_has_its_problems_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "edge.yml"
    file.write_text("workers: many\nlisten: 127.0.0.1:80")

    assert main(["check-config", "--json", str(file)]) == 1
    told = json.loads(capsys.readouterr().out)
    (problem,) = told["problems"]
    assert (told["good"], problem["line"], problem["field"]) == (False, 1, "workers")
    assert names(told) <= members("check-config")
