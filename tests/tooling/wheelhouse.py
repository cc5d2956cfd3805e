# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy and what it depends on as wheels, for a guest that reaches no network.

``wheelhouse.py PYTHON`` prints the folder, where PYTHON is the guest's version, like 3.11. It is
made by pip, as an operator would make it, and kept in the cache until the package changes.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from places import CHECKOUT, cache

SOURCE = CHECKOUT / "roles/proxy/files"
# Debian 12 has glibc 2.36; pip takes no range.
_PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_28_x86_64", "manylinux_2_34_x86_64")


def wheelhouse(python: str) -> Path:
    """Return a folder of wheels for this version of Python."""
    folder = cache("wheelhouses")
    wanted = folder / f"{python}-{_fingerprint()}"
    if wanted.exists():
        return wanted
    print("pip builds the proxy and fetches what it depends on (once)", file=sys.stderr)
    for former in folder.glob(f"{python}-*"):
        shutil.rmtree(former)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        # pip builds in place, and would leave its traces in the checkout.
        shutil.copytree(SOURCE, work / "source", ignore=shutil.ignore_patterns("__pycache__"))
        wheels = work / "wheels"
        _pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(work / "source"))
        [wheel] = map(str, wheels.glob("*.whl"))
        platforms = [word for platform in _PLATFORMS for word in ("--platform", platform)]
        only = ("--only-binary", ":all:", "--python-version", python, *platforms)
        _pip("download", "--dest", str(wheels), *only, wheel)
        wheels.rename(wanted)
    return wanted


def _fingerprint() -> str:
    """Return what changes whenever the package does."""
    digest = hashlib.sha256()
    for path in sorted(path for path in SOURCE.rglob("*") if path.is_file()):
        if "__pycache__" not in path.parts:
            digest.update(f"{path.relative_to(SOURCE)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", words[0], "-qq", "--disable-pip-version-check"]
    # What is printed here is the folder alone.
    subprocess.run([*command, *words[1:]], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    print(wheelhouse(sys.argv[1]))
