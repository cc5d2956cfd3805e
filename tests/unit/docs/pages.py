# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation, and the YAML examples in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible_collections.sluice.edge.tests.unit.docs.markdown import fences

CHECKOUT = Path(__file__).resolve().parents[3]
PAGES = [
    CHECKOUT / "README.md",
    *sorted(CHECKOUT.glob("docs/**/*.md")),
    *sorted(CHECKOUT.glob("roles/*/README.md")),
]
INVENTORY, PLAYBOOK, TASKS, VARIABLES = "inventory", "playbook", "tasks", "variables"
PROXY = "proxy"
"""A configuration of the proxy: the proxy's own tests read these, as no task does."""


class Example(NamedTuple):
    """One YAML example: where it stands, what it is, its text."""

    where: str
    kind: str
    text: str


def kind_of(content: Any) -> str:
    """Tell what an example is by its shape. Raises ValueError for what no example may be."""
    if isinstance(content, dict) and content:
        if "listen" in content:
            return PROXY
        return INVENTORY if "all" in content else VARIABLES
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise ValueError("neither inventory, playbook, tasks nor variables")
    plays = [("hosts" in entry or "import_playbook" in entry) for entry in content]
    if any(plays) and not all(plays):
        raise ValueError("plays and tasks in one list")
    return PLAYBOOK if all(plays) else TASKS


def name_of(page: Path) -> str:
    """Return a page's path in the checkout."""
    return page.relative_to(CHECKOUT).as_posix()


def page_examples() -> list[Example]:
    """Return the YAML examples of every page that are Ansible's, in order."""
    examples = [
        Example(f"{name_of(page)}:{fence.line}", kind_of(yaml.safe_load(fence.text)), fence.text)
        for page in PAGES
        for fence in fences(page.read_text(encoding="utf-8"))
        if fence.language == "yaml"
    ]
    return [example for example in examples if example.kind != PROXY]
