# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Install a release into a virtual environment of its own: ``release.py BASE64``, prints JSON.

The folder of the release that runs is not touched: its processes read from it. A virtual
environment does not survive being moved, so it is made where it stays, and marked when it is whole.
"""

from __future__ import annotations

import base64
import ensurepip
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from typing import Any

# What a release leaves to the next one in an upgrade: use.py compares it.
_FORM = "from sluice_proxy.supervisor.handover import FORM; print(FORM)"


class Failed(Exception):
    """The release cannot be installed; the text says why."""


def main() -> int:
    """Make a release and print what went wrong."""
    wanted = json.loads(base64.b64decode(sys.argv[1]))
    os.umask(0o022)
    folder, pip_config = Path(wanted["folder"]), Path(wanted["pip_config"])
    # The address of an index may have a password.
    index = pip_config.read_text("utf-8").split()[-1] if pip_config.exists() else ""
    failed = ""
    try:
        install(wanted, folder, {"PIP_CONFIG_FILE": str(pip_config)} if index else {})
    except (Failed, OSError) as error:
        failed = str(error).replace(index, "the index") if index else str(error)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        for path in (Path(wanted["archive"]), pip_config):
            path.unlink(missing_ok=True)
    print(json.dumps({"failed": failed}))
    return 0


def install(wanted: dict[str, Any], folder: Path, environment: dict[str, str]) -> None:
    """Make the release, with what pip needs in its environment. Raises Failed or OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    venv.create(folder, symlinks=True)
    python, material = folder / "bin" / "python3", folder / "material"
    archive = Path(wanted["archive"])
    if archive.exists():
        with tarfile.open(archive) as packed:
            packed.extractall(material)
    for words in wanted["installs"]:
        call(
            python,
            pip(),
            "install",
            "--quiet",
            "--no-input",
            "--no-cache-dir",
            "--no-compile",
            "--disable-pip-version-check",
            *(str(material) if word == "material" else word for word in words),
            environment={**os.environ, **environment},
        )
    shutil.rmtree(material, ignore_errors=True)
    call(python, "-m", "compileall", "-q", folder / "lib")
    as_user = ("runuser", "-u", wanted["user"], "--")
    said = call(*as_user, folder / "bin" / "sluice-proxy", "version")
    form = call(*as_user, python, "-c", _FORM)
    (folder / "complete").write_text(f"{said}handover {form}", encoding="utf-8")


def pip() -> Path:
    """Return the pip that Python brings for new environments.

    It runs without being installed, so that none is left in the release, which never needs it.
    """
    given = sysconfig.get_config_var("WHEEL_PKG_DIR")
    folder = Path(given) if given else Path(ensurepip.__file__).parent / "_bundled"
    found = sorted(folder.glob("pip-*.whl"))
    if not found:
        raise Failed(f"Python brings no pip in {folder}: install python3-venv")
    return found[-1] / "pip"


def call(*words: object, environment: dict[str, str] | None = None) -> str:
    """Run a command and return what it said. Raises Failed with its errors."""
    done = subprocess.run(
        [str(word) for word in words],
        check=False,
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Failed((done.stderr or done.stdout).strip())
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
