# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the image: reading the files of ../recipe, without doing anything with them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .guests import Guest

RECIPE = Path(__file__).resolve().parent.parent / "recipe"
# These decide about the image's contents as much as the recipe does.
BUILDERS = tuple(Path(__file__).with_name(name) for name in ("builder.py", "initramfs.py"))


def read_list(path: Path) -> list[str]:
    """Return the entries of a list file: one a line, `#` starts a comment."""
    lines = (line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines())
    return [line for line in lines if line]


def fingerprint(guest: Guest, recipe: Path = RECIPE, builders: tuple[Path, ...] = BUILDERS) -> str:
    """Return 16 hexadecimal digits that change whenever the image has to be built anew.

    Covers names, contents and the executable bit of every file of the recipe, the guest, and the
    builders' sources. Debian's own updates are not covered: `vm.py image --rebuild` takes them.
    """
    digest = hashlib.sha256(repr(guest).encode())
    for base, paths in ((recipe, sorted(recipe.rglob("*"))), (None, builders)):
        for path in paths:
            if not path.is_file():
                continue
            name = path.relative_to(base) if base else path.name
            executable = path.stat().st_mode & 0o100
            content = path.read_bytes()
            digest.update(f"\0{name}\0{executable}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]
