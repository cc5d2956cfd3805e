# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the proxy's unit tests on every other Python that it may run on and that is found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import interpreters
import venvs
from places import CHECKOUT, environment

LEAST = "3.11"
"""The oldest Python that the proxy runs on."""

_REQUIREMENTS = ("target-tests.txt", "proxy.txt", "proxy-tests.txt")


def main() -> int:
    """Return 0 when the tests pass on every Python found; without another one, say so."""
    found = interpreters.find_others(LEAST, Path(sys.executable))
    print(f"other Python found: {', '.join(found) or 'none, so none is tried'}", flush=True)
    wanted = [
        part for name in _REQUIREMENTS for part in ("-r", str(CHECKOUT / "requirements" / name))
    ]
    failed = [
        version
        for version, python in found.items()
        if not _passes(venvs.provide(python, f"proxy-{version}", *wanted), version)
    ]
    if failed:
        print(f"the proxy's unit tests failed on: {', '.join(failed)}")
    return bool(failed)


def _passes(python: Path, version: str) -> bool:
    print(f"--- the proxy's unit tests on Python {version}", flush=True)
    command = [str(python), "-m", "pytest", "-q", "--hypothesis-profile=beside"]
    command += ["tests/proxy/unit", "--ignore=tests/proxy/unit/test_fuzz.py"]
    return not subprocess.run(command, cwd=CHECKOUT, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
