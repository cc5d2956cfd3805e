# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments in the cache, made once for an interpreter and a set of requirements."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from places import cache

_READY = ".ready"


def provide(python: Path, name: str, *arguments: str) -> Path:
    """Return the Python of a virtual environment that holds what pip's ``arguments`` ask for.

    ``python`` is the interpreter it is made from. A requirements file that changes (``-r FILE``)
    gives a new environment; the older ones with that ``name`` are removed.
    """
    digest = hashlib.sha256(str(python.resolve()).encode())
    for argument in arguments:
        is_file = Path(argument).is_file()
        digest.update(Path(argument).read_bytes() if is_file else argument.encode())
    folder = cache("venvs") / f"{name}-{digest.hexdigest()[:12]}"
    inside = folder / "bin" / "python"
    if (folder / _READY).exists():
        return inside

    for stale in folder.parent.glob(f"{name}-????????????"):
        shutil.rmtree(stale)
    print(f"creating a virtual environment: {name}", flush=True)
    subprocess.run([python, "-m", "venv", folder], check=True)
    install(inside, *arguments)
    (folder / _READY).touch()
    return inside


def install(python: Path, *arguments: str) -> None:
    """Run pip's install with ``arguments`` in the environment of ``python``."""
    pip = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    subprocess.run([*pip, *arguments], check=True)
