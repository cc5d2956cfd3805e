# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes and snapshots import nothing above them, and nothing that touches the world."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[4] / "roles" / "proxy" / "files" / "sluice_proxy"
BELOW = {
    "routes": ("routes",),
    "snapshot": ("routes", "snapshot"),
    "config": ("routes", "snapshot", "config"),
}
WORLD = {"asyncio", "os", "pathlib", "random", "select", "ssl", "subprocess", "threading", "time"}
# Of routes, one file turns addresses into bytes: that asks nobody.
MAY_IMPORT_SOCKET = {"routes/admission/rate.py"}


def imports(file: Path) -> set[str]:
    """Return the modules that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: write the whole name of the module"
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("room", BELOW)
def test_a_room_imports_what_is_below_it(room: str) -> None:
    files = list((PACKAGE / room).rglob("*.py"))
    assert len(files) > 5
    allowed = tuple(f"sluice_proxy.{below}" for below in BELOW[room])
    above = {
        (str(file), module)
        for file in files
        for module in imports(file)
        if module.startswith("sluice_proxy") and not module.startswith(allowed)
    }
    assert above == set()


@pytest.mark.parametrize("room", ["routes", "snapshot"])
def test_a_pure_room_touches_nothing_outside(room: str) -> None:
    touching = {
        (str(file.relative_to(PACKAGE)), module)
        for file in (PACKAGE / room).rglob("*.py")
        for module in imports(file)
        if module.partition(".")[0] in WORLD
        or (module == "socket" and str(file.relative_to(PACKAGE)) not in MAY_IMPORT_SOCKET)
    }
    assert touching == set()


def test_workers_need_neither_pydantic_nor_yaml() -> None:
    files = [file for room in ("routes", "snapshot") for file in (PACKAGE / room).rglob("*.py")]
    needed = {module.partition(".")[0] for file in files for module in imports(file)}
    assert needed & {"pydantic", "pydantic_core", "yaml"} == set()
