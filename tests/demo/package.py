# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy and what it depends on, as one archive for a guest that reaches no network."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from places import CHECKOUT, cache

SOURCE = CHECKOUT / "roles/proxy/files"
# Debian 12 has glibc 2.36; pip takes no range.
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64")


def archive(python: str) -> Path:
    """Return a tar archive of a folder for PYTHONPATH, for a guest with this version of Python.

    It is made by pip, as an operator would install the package, and kept in the cache for as long
    as the package does not change.
    """
    folder = cache("demo")
    wanted = folder / f"proxy-{python}-{_fingerprint()}.tar.gz"
    if wanted.exists():
        return wanted
    print("  pip builds the package and fetches what it depends on (once)", flush=True)
    for former in folder.glob(f"proxy-{python}-*"):
        former.unlink()
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        # pip builds in place, and would leave its traces in the checkout.
        shutil.copytree(SOURCE, work / "source", ignore=shutil.ignore_patterns("__pycache__"))
        _pip("wheel", "--no-deps", "--wheel-dir", name, str(work / "source"))
        [wheel] = map(str, work.glob("*.whl"))
        platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
        only = ("--only-binary", ":all:", "--python-version", python, *platforms)
        _pip("install", "--target", str(work / "root"), *only, wheel)
        with tarfile.open(work / "archive", "w:gz", compresslevel=6) as packed:
            packed.add(work / "root", ".")
        (work / "archive").rename(wanted)
    return wanted


def _fingerprint() -> str:
    """Return what changes whenever the package does."""
    digest = hashlib.sha256()
    for path in sorted([*SOURCE.rglob("*.py"), SOURCE / "pyproject.toml"]):
        digest.update(f"{path.relative_to(SOURCE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", words[0], "-qq", "--disable-pip-version-check"]
    subprocess.run([*command, *words[1:]], check=True)
