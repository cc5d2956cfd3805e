# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Within the command, imports go downwards too; what shows and reads lines touches nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CLI = Path(__file__).resolve().parents[4] / "roles" / "proxy" / "files" / "sluice_proxy" / "cli"
# From the bottom up.
ROWS: tuple[tuple[str, ...], ...] = (
    ("ending",),
    ("showing",),
    ("client", "completing", "log_files"),
    ("options", "reading"),
    ("commands",),
    ("command",),
)
PURE = {
    "completing/bash.py", "completing/fish.py", "completing/tree.py", "completing/zsh.py",
    "log_files/entries.py", "showing/amounts.py", "showing/plan.py", "showing/status.py",
    "showing/table.py", "showing/yaml_text.py",
}  # fmt: skip
IMPURE = {"http", "os", "pathlib", "socket", "ssl", "subprocess", "sys", "time"}


def files() -> list[Path]:
    return sorted(path for path in CLI.rglob("*.py") if path != CLI / "__init__.py")


def part(path: Path) -> str:
    return path.relative_to(CLI).parts[0].removesuffix(".py")


def rank(name: str) -> int:
    return next(row for row, names in enumerate(ROWS) if name in names)


def imported(path: Path) -> Iterator[str]:
    """Yield the parts of the command that a file imports."""
    depth = len(path.relative_to(CLI).parts)
    for node in ast.walk(ast.parse(path.read_text())):
        # With so many dots one is at the command's own folder.
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(CLI)))
def test_imports_go_downwards_only(path: Path) -> None:
    for name in imported(path):
        assert rank(name) < rank(part(path)) or name == part(path)


def test_every_part_has_its_row() -> None:
    assert {part(path) for path in files()} == {name for names in ROWS for name in names}


@pytest.mark.parametrize("name", sorted(PURE))
def test_pure_files_have_no_way_out(name: str) -> None:
    nodes = list(ast.walk(ast.parse((CLI / name).read_text())))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}

    assert {module.split(".")[0] for module in modules} & IMPURE == set()
