# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of plugins/ and the rules that imports keep: pure functions over a file's text.

Each rule returns one line for each offence: where it is, what is wrong, what to do.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from ansible_collections.sluice.edge.tests.unit.structure.imports import COLLECTION, imports_of

MODULE_UTILS = PurePosixPath("plugins/module_utils")
MODULES = PurePosixPath("plugins/modules")
ENGINE = f"{COLLECTION}.plugins.module_utils"

# From the bottom up. A layer imports from the rows below its own, never from its own row.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("_inet",),
    ("_converge",),
    ("_declare", "_kernel"),
    ("_record",),
    ("_dnat", "_ipvs", "_proxy", "_vip"),
    ("_state",),
    ("_module",),
)
ABOVE_THE_ENGINE = "_module"
KINDS = ("_dnat", "_ipvs", "_proxy", "_vip")

PURE_FILES = (
    "model.py",
    "declared.py",
    "plan.py",
    "codec.py",
    "render.py",
    "layout.py",
    "observed.py",
    "transaction.py",
    "flows.py",
    "iptlb.py",
    "limits.py",
    "source_hash.py",
    "answers.py",
    "masking.py",
    "targets.py",
)
PURE_FOLDERS = ("declared", "wire")
IMPURE_MODULES = ("fcntl", "os", "pathlib", "select", "socket", "subprocess", "threading", "time")


def rank_of(layer: str) -> int:
    """Return the row of a layer, 0 at the bottom. Raises KeyError for a name in no row."""
    for rank, row in enumerate(LAYERS):
        if layer in row:
            return rank
    raise KeyError(layer)


def unknown_layer(path: PurePosixPath) -> list[str]:
    """Refuse engine code in a package that has no row in LAYERS, or in none."""
    inside = path.relative_to(MODULE_UTILS).parts
    if len(inside) == 1:
        return [] if inside[0] == "__init__.py" else [f"{path}: move it into a layer's folder"]
    if any(inside[0] in row for row in LAYERS):
        return []
    return [f"{path}: {inside[0]} is no known layer; give it a row in {__name__}.LAYERS"]


def ansible_below_modules(path: PurePosixPath, source: str) -> list[str]:
    """Refuse an import of Ansible in the engine; what modules share is above it."""
    if path.relative_to(MODULE_UTILS).parts[0] == ABOVE_THE_ENGINE:
        return []
    return [
        f"{path}:{found.line}: the engine imports {found.name}; only plugins/modules may"
        for found in imports_of(path, source)
        if found.is_below("ansible")
    ]


def upward_imports(path: PurePosixPath, source: str) -> list[str]:
    """Refuse an engine import of a layer that is not below the file's own."""
    own = path.relative_to(MODULE_UTILS).parts[0]
    offences = []
    for found in imports_of(path, source):
        if not found.is_below(COLLECTION):
            continue
        if not found.name.startswith(ENGINE + "."):
            offences.append(f"{path}:{found.line}: the engine imports {found.name}, above it")
            continue
        other = found.name[len(ENGINE) + 1 :].split(".")[0]
        if other != own and rank_of(other) >= rank_of(own):
            offences.append(f"{path}:{found.line}: {own} imports {other}, which is not below it")
    return offences


def module_imports(path: PurePosixPath, source: str) -> list[str]:
    """Refuse an import of one module by another; what they share belongs to the engine."""
    return [
        f"{path}:{found.line}: a module imports {found.name}; only the engine and Ansible may be"
        for found in imports_of(path, source)
        if found.is_below(COLLECTION)
        and not found.is_below(ENGINE)
        and not found.is_below(f"{COLLECTION}.plugins.plugin_utils")
    ]


def impure_imports(path: PurePosixPath, source: str) -> list[str]:
    """Refuse input, output and clocks in the pure files of a kind."""
    inside = path.relative_to(MODULE_UTILS).parts
    pure = path.name in PURE_FILES or any(folder in inside[1:-1] for folder in PURE_FOLDERS)
    if inside[0] not in KINDS or not pure:
        return []
    return [
        f"{path}:{found.line}: pure file imports {found.name}; do that in the kind's driver"
        for found in imports_of(path, source)
        if any(found.is_below(impure) for impure in IMPURE_MODULES)
    ]
