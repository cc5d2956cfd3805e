# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the image: reading the files of the recipes, without doing anything with them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .guests import Guest

RECIPES = Path(__file__).resolve().parent.parent
# These decide about the image's contents as much as the recipe does.
BUILDERS = tuple(Path(__file__).with_name(name) for name in ("builder.py", "initramfs.py"))


def read_list(path: Path) -> list[str]:
    """Return the entries of a list file: one a line, `#` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def folders(guest: Guest, recipes: Path = RECIPES) -> list[Path]:
    """Return the folders of a guest's recipes, each on top of the one before."""
    return [recipes / name for name in guest.recipes]


def find(guest: Guest, name: str, recipes: Path = RECIPES) -> Path:
    """Return the file that a guest gets for a path inside the recipes: the topmost one.

    Raises FileNotFoundError when no recipe of the guest has it.
    """
    found = [folder / name for folder in folders(guest, recipes) if (folder / name).exists()]
    if not found:
        raise FileNotFoundError(f"no recipe of {guest.name} has {name}")
    return found[-1]


def packages(guest: Guest, recipes: Path = RECIPES) -> list[str]:
    """Return the names of the Debian packages of a guest."""
    lists = [folder / "packages" for folder in folders(guest, recipes)]
    return [name for path in lists if path.exists() for name in read_list(path)]


def fingerprint(
    guest: Guest, recipes: Path = RECIPES, builders: tuple[Path, ...] = BUILDERS
) -> str:
    """Return 16 hexadecimal digits that change whenever the image has to be built anew.

    Covers names, contents and the executable bit of every file of its recipes, the guest, and the
    builders' sources. Debian's own updates are not covered: `vm.py image --rebuild` takes them.
    """
    digest = hashlib.sha256(repr(guest).encode())
    recipe_files = [(folder, sorted(folder.rglob("*"))) for folder in folders(guest, recipes)]
    for base, paths in (*recipe_files, (None, builders)):
        for path in paths:
            if not path.is_file():
                continue
            name = path.relative_to(base) if base else path.name
            executable = path.stat().st_mode & 0o100
            content = path.read_bytes()
            digest.update(f"\0{name}\0{executable}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
