# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the collection from the oldest controller it supports and from the newest there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import interpreters
import venvs
from places import CHECKOUT, environment

OLDEST = "ansible-core>=2.17,<2.18"
OLDEST_PYTHONS = ("3.12", "3.11", "3.10")
NEWEST = "ansible-core"
NEWEST_PYTHONS = ("3.13", "3.12", "3.11")

PLAYBOOK = CHECKOUT / "tests" / "integration" / "controllers.yml"


def main() -> int:
    """Return 0 when both controllers can use the collection."""
    found = interpreters.find()
    failed = False
    for wanted, pythons in ((OLDEST, OLDEST_PYTHONS), (NEWEST, NEWEST_PYTHONS)):
        version = next((version for version in pythons if version in found), None)
        if version is None:
            print(f"{wanted}: NOT TRIED, it needs one of Python {', '.join(pythons)}")
            failed = True
            continue
        failed |= not _works(_controller(found[version], version, wanted))
    return failed


def _controller(python: Path, version: str, wanted: str) -> Path:
    target = ["-r", str(CHECKOUT / "requirements" / "target.txt")]
    series = "newest" if wanted == NEWEST else "oldest"
    inside = venvs.provide(python, f"controller-{series}-{version}", wanted, *target)
    if wanted == NEWEST:
        venvs.install(inside, "--upgrade", wanted)
    return inside.parent


def _works(commands: Path) -> bool:
    env = environment(first=(commands,))
    banner = _run(["ansible", "--version"], env)
    print(f"--- {banner.stdout.splitlines()[0]}, {commands.parent.name}", flush=True)
    checks = [["ansible-galaxy", "collection", "list", "sluice.edge"]]
    modules = sorted(path.stem for path in CHECKOUT.glob("plugins/modules/[!_]*.py"))
    if modules:
        names = [f"sluice.edge.{module}" for module in modules]
        checks.append(["ansible-doc", "-t", "module", *names])
    else:
        print("there is no module yet: only the collection's metadata is tried")
    if PLAYBOOK.exists():
        checks.append(["ansible-playbook", "-i", "localhost,", "-c", "local", str(PLAYBOOK)])
    for check in checks:
        answer = _run(check, env)
        complaint = "[ERROR]" in answer.stdout or "[WARNING]: Collection" in answer.stdout
        if answer.returncode or complaint:
            print(answer.stdout)
            print(f"FAILED: {' '.join(check)}")
            return False
        print(f"ok: {' '.join(check)}", flush=True)
    return True


def _run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=CHECKOUT,
        env=env,
        check=False,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


if __name__ == "__main__":
    sys.exit(main())
