# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine, of the versions that a managed host may have."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

TARGETS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")

_MANAGERS = (
    Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions"),
    Path.home() / ".local" / "share" / "uv" / "python",
)
_SYSTEM = Path("/usr/bin")


def find() -> dict[str, Path]:
    """Return the interpreters found: version ("3.8") → path of the real executable.

    Version managers' own folders come before PATH: their shims in PATH answer to every version's
    name and then fail.
    """
    found: dict[str, Path] = {}
    for version in TARGETS:
        for candidate in _candidates(version):
            if _answers(candidate, version):
                found[version] = candidate
                break
    return found


def find_others(least: str, but: Path) -> dict[str, Path]:
    """Return the interpreters found that are not ``but``: full version → path.

    From version ``least`` ("3.11") on, and Debian's own beside a manager's of the same version:
    releases that differ in the last number differ in bugs.
    """
    wanted = [version for version in TARGETS if _numbers_of(version) >= _numbers_of(least)]
    found = {_full_version(but): but}
    for version in wanted:
        for candidate in (*_candidates(version), Path(_SYSTEM, f"python{version}")):
            if _answers(candidate, version):
                found.setdefault(_full_version(candidate), candidate)
    del found[_full_version(but)]
    return found


def report(found: dict[str, Path]) -> str:
    """Return one line that says which versions were found and which were not."""
    missing = [version for version in TARGETS if version not in found]
    line = f"Python found: {', '.join(found) or 'none'}"
    return f"{line}; NOT FOUND, so not tried: {', '.join(missing)}" if missing else line


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    for folder in _MANAGERS:
        yield from sorted(folder.glob(f"*/bin/{name}"), key=_numbers, reverse=True)
    for entry in os.environ.get("PATH", os.defpath).split(os.pathsep):
        yield Path(entry, name)


def _numbers(path: Path) -> list[int]:
    return _numbers_of(path.parents[1].name)


def _numbers_of(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def _full_version(python: Path) -> str:
    code = "import platform; print(platform.python_version())"
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def _answers(candidate: Path, version: str) -> bool:
    if not os.access(candidate, os.X_OK):
        return False
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip() == version
