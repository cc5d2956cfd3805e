# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the target-side unit tests on every Python that a managed host may have and that is found.

The newest pyroute2 that each Python supports is used; once more, the oldest pyroute2 we accept.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import interpreters
import venvs
from places import CHECKOUT, environment

# Tests of code that only ever runs on a controller, or that needs ansible-core itself.
CONTROLLER_ONLY = ("docs", "modules", "structure", "tooling", "vm")

# Debian 12's own pair: its Python and its python3-pyroute2.
OLDEST_PYROUTE2 = ("3.11", "pyroute2==0.7.2")

_REQUIREMENTS = CHECKOUT / "requirements"


def main() -> int:
    """Return 0 when the tests pass on every Python found."""
    found = interpreters.find()
    print(interpreters.report(found), flush=True)
    tests = ["-r", str(_REQUIREMENTS / "target-tests.txt")]
    failed = []
    for version, python in found.items():
        newest = ["-r", str(_REQUIREMENTS / "target.txt")]
        if not _passes(venvs.provide(python, f"target-{version}", *tests, *newest), version):
            failed.append(version)
    version, oldest = OLDEST_PYROUTE2
    if version in found:
        python = venvs.provide(found[version], f"target-{version}-oldest", *tests, oldest)
        if not _passes(python, f"{version} with {oldest}"):
            failed.append(oldest)
    if failed:
        print(f"unit tests failed on: {', '.join(failed)}")
    return bool(failed) or not found


def _passes(python: Path, what: str) -> bool:
    print(f"--- unit tests on Python {what}", flush=True)
    left_out = [f"--ignore=tests/unit/{folder}" for folder in CONTROLLER_ONLY]
    command = [str(python), "-m", "pytest", "-q", *left_out, "tests/unit"]
    return not subprocess.run(command, cwd=CHECKOUT, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
