# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must not creep into the rooms without I/O: sockets, clocks, randomness, other rooms."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sluice_proxy.http
import sluice_proxy.proxy_protocol
import sluice_proxy.tls.client_hello

ALLOWED = {
    "__future__", "collections.abc", "dataclasses", "enum", "functools", "http", "ipaddress", "re",
    "struct", "typing",
}  # fmt: skip


def files() -> list[Path]:
    rooms = [sluice_proxy.http.__file__, sluice_proxy.proxy_protocol.__file__]
    found = [path for room in rooms for path in sorted(Path(str(room)).parent.rglob("*.py"))]
    return [*found, Path(str(sluice_proxy.tls.client_hello.__file__))]


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_pure_file_imports_its_own_room_and_pure_modules_only(path: Path) -> None:
    room = next(parent for parent in path.parents if parent.parent.name == "sluice_proxy")
    above = len(path.relative_to(room).parts)

    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert {name.name for name in node.names} <= ALLOWED
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert node.module in ALLOWED
        elif isinstance(node, ast.ImportFrom):
            assert node.level <= above
