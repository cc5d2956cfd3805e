# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the target-side unit tests on every Python that a managed host may have and that is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import interpreters
import venvs
from places import CHECKOUT, environment

# Tests of code that only ever runs on a controller, or that needs ansible-core itself.
CONTROLLER_ONLY = ("docs", "filter", "modules", "roles", "structure", "tooling", "vm")

_REQUIREMENTS = CHECKOUT / "requirements"


def main() -> int:
    """Return 0 when the tests pass on every Python found."""
    found = interpreters.find()
    print(interpreters.report(found), flush=True)
    tests = ["-r", str(_REQUIREMENTS / "target-tests.txt")]
    failed = []
    for version, python in found.items():
        libraries = ["-r", str(_REQUIREMENTS / "target.txt")]
        if not _passes(venvs.provide(python, f"target-{version}", *tests, *libraries), version):
            failed.append(version)
    if failed:
        print(f"unit tests failed on: {', '.join(failed)}")
    return bool(failed) or not found


def _passes(python: Path, what: str) -> bool:
    print(f"--- unit tests on Python {what}", flush=True)
    left_out = [f"--ignore=tests/unit/{folder}" for folder in CONTROLLER_ONLY]
    few = "--hypothesis-profile=beside"
    command = [str(python), "-m", "pytest", "-q", few, *left_out, "tests/unit"]
    return not subprocess.run(command, cwd=CHECKOUT, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
