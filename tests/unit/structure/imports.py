# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the imports of a source file: pure functions over its text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import PurePosixPath

COLLECTION = "ansible_collections.sluice.edge"


@dataclass(frozen=True)
class Import:
    """One name that a file imports: a full dotted name, and the line it stands on."""

    name: str
    line: int

    def is_below(self, prefix: str) -> bool:
        """Whether the name is ``prefix`` or lies inside it."""
        return self.name == prefix or self.name.startswith(prefix + ".")


def imports_of(path: PurePosixPath, source: str) -> list[Import]:
    """Return what a file of the collection imports, anywhere in it, functions included.

    ``path`` is relative to the checkout; relative imports come back as full names.
    """
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(path, node)
            found += [Import(f"{origin}.{alias.name}", node.lineno) for alias in node.names]
    return found


def _origin(path: PurePosixPath, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = [*COLLECTION.split("."), *path.parent.parts]
    kept = package[: len(package) - node.level + 1]
    return ".".join([*kept, *filter(None, [node.module])])
