# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are: the checkout, its virtual environment, and the cache outside the tree."""

from __future__ import annotations

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
VENV_BIN = CHECKOUT / ".venv" / "bin"
COLLECTIONS = CHECKOUT / "build" / "collections"


def cache(*parts: str) -> Path:
    """Return a folder below the cache, made if it is missing.

    SLUICE_CACHE names the cache; without it it is ``sluice-edge`` in the user's cache folder.
    """
    user_cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(os.environ.get("SLUICE_CACHE") or Path(user_cache, "sluice-edge"))
    folder = root.joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment(collections: Path = COLLECTIONS, first: tuple[Path, ...] = ()) -> dict[str, str]:
    """Return the environment for a tool: our commands first in PATH, our collection found.

    ``first`` holds folders that stand before everything else in PATH.
    """
    ours = [*map(str, first), str(VENV_BIN)]
    return {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_NOCOLOR": "1",
        # Elsewhere two checkouts of one name would share what Molecule remembers.
        "MOLECULE_EPHEMERAL_DIRECTORY": str(CHECKOUT / "build" / "molecule"),
        "PATH": os.pathsep.join([*ours, os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }
