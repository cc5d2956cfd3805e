# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Examples as tasks with templated arguments, and Ansible's own check of their syntax."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT, VENV_BIN, environment
from ansible_collections.sluice.edge.tests.unit.docs import documented
from ansible_collections.sluice.edge.tests.unit.docs.pages import (
    INVENTORY,
    TASKS,
    VARIABLES,
    Example,
)

SITE = CHECKOUT / "playbooks" / "site.yml"
# The groups that site.yml prepares; where no inventory has them, their members are those of web.
_PARTS = ("real_servers", "proxies")
# Files of the controller that examples read.
_FILES = {
    "www.example.com.pem": "-----BEGIN CERTIFICATE-----\n",
    "www.example.com.key": "-----BEGIN PRIVATE KEY-----\n",
}

Answers = dict[str, dict[str, Any]]
"""By example: its tasks, or the error that Ansible has with it."""


class Refused(Exception):
    """Ansible does not take an example."""


def playbook_files(examples: Iterable[Example], folder: Path) -> dict[str, Path]:
    """Write the playbook that each example is or belongs to; return the files by example."""
    for name, text in _FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    files = {}
    for number, example in enumerate(examples):
        if example.kind == VARIABLES:
            files[example.where] = SITE
        elif example.kind != INVENTORY:
            file = folder / f"example{number}.yml"
            content = example.text
            if example.kind == TASKS:
                content = "- hosts: directors\n  gather_facts: false\n  tasks:\n"
                content += "".join(f"    {line}\n" for line in example.text.splitlines())
            file.write_text(content, encoding="utf-8")
            files[example.where] = file
    return files


def write_inventory(examples: Iterable[Example], folder: Path) -> Path:
    """Write the inventories among the examples, all in one folder; return the folder."""
    inventory = folder / "inventory"
    inventory.mkdir()
    missing = set(_PARTS)
    for number, example in enumerate(examples):
        if example.kind == INVENTORY:
            (inventory / f"{number}.yml").write_text(example.text, encoding="utf-8")
            missing.difference_update(yaml.safe_load(example.text)["all"].get("children", {}))
    parts = {"all": {"children": {name: {"children": {"web": {}}} for name in missing}}}
    (inventory / "parts.yml").write_text(yaml.safe_dump(parts), encoding="utf-8")
    return inventory


def check_syntax(files: Iterable[Path], inventory: Path) -> None:
    """Have ansible-playbook check files; raises Refused with what it says."""
    command = [str(VENV_BIN / "ansible-playbook"), "--syntax-check", "-i", str(inventory)]
    _run([*command, *sorted({str(file) for file in files})], "")


def render(examples: Iterable[Example], files: dict[str, Path], inventory: Path) -> Answers:
    """Return for each example its tasks of this collection, with their templated arguments."""
    playbooks = [
        {
            "where": example.where,
            "path": str(files[example.where]),
            "variables": yaml.safe_load(example.text) if example.kind == VARIABLES else {},
        }
        for example in examples
        if example.where in files
    ]
    samples = {
        name: documented.sample(described["return"])
        for name, described in documented.modules().items()
    }
    request = {"inventory": str(inventory), "samples": samples, "playbooks": playbooks}
    program = str(Path(__file__).with_name("render.py"))
    answers: Answers = json.loads(_run([sys.executable, program], json.dumps(request)))
    return answers


def tasks_of(where: str, answers: Answers) -> list[dict[str, Any]]:
    """Return the tasks of one example; raises Refused when it could not be templated."""
    answer = answers[where]
    if "error" in answer:
        raise Refused(answer["error"])
    return list(answer["tasks"])


def _run(command: list[str], request: str) -> str:
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
        input=request,
    )
    if done.returncode:
        raise Refused(done.stderr or done.stdout)
    return done.stdout
