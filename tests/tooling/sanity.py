# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test sanity on a copy of the checkout, with every Python that is found.

``--quick`` runs only the tests that look at modules and code on one Python, for `make check`.
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

import interpreters
from copies import collections_root, copied
from places import cache, environment

# The tests that fail most while a module is being written, and that need no other Python.
QUICK = (
    "validate-modules",
    "ansible-doc",
    "no-assert",
    "empty-init",
    "shebang",
    "runtime-metadata",
)

# Does what pip's own bootstrap script does, without the download: ansible-test's source for that
# script is one host, and a closed network does not reach it.
_GET_PIP = """\
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
arguments = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "pip", "install"] + arguments)
"""
_GET_PIP_NAME = "get_pip_24_2.py"


def home() -> Path:
    """Return a home folder for ansible-test: its environments and pip's bootstrap live there."""
    folder = cache("ansible-test-home")
    bootstrap = folder / ".ansible" / "test" / "cache" / _GET_PIP_NAME
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.write_text(_GET_PIP)
    for settings in (".pip", ".config/pip"):
        theirs, ours = Path.home() / settings, folder / settings
        if theirs.exists() and not ours.exists():
            ours.parent.mkdir(parents=True, exist_ok=True)
            ours.symlink_to(theirs)
    return folder


def main() -> int:
    """Return ansible-test's exit code."""
    quick = "--quick" in sys.argv[1:]
    found = interpreters.find()
    command = ["ansible-test", "sanity", "--color", "no"]
    if quick:
        for test in QUICK:
            command += ["--test", test]
    else:
        print(interpreters.report(found), flush=True)
    folders = tuple(dict.fromkeys(python.parent for python in found.values()))
    with copied() as target, open(cache() / "ansible-test.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        env = environment(collections_root(target), first=folders)
        env["HOME"] = str(home())
        return subprocess.run(command, cwd=target, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
