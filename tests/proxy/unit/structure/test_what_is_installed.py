# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file of the package gets into its wheel."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[4]
SOURCE = CHECKOUT / "roles" / "proxy" / "files"
MADE = {"__pycache__", "build", "sluice_proxy.egg-info"}


def files() -> list[Path]:
    """Return the files that somebody wrote, relative to the folder of the source."""
    return [
        path
        for path in (found.relative_to(SOURCE) for found in SOURCE.rglob("*") if found.is_file())
        if not any(part in MADE or part.startswith(".") for part in path.parts)
    ]


def in_wheels() -> Iterator[str]:
    """Yield the patterns of what setuptools puts into a wheel, beside modules."""
    tools = tomllib.loads((SOURCE / "pyproject.toml").read_text())["tool"]["setuptools"]
    for package, patterns in tools["package-data"].items():
        yield from (f"{package.replace('.', '/')}/{pattern}" for pattern in patterns)


def test_the_page_for_people_has_its_files() -> None:
    assert {path.suffix for path in files()} == {".py", ".toml", ".html", ".css", ".js"}


def test_what_is_no_module_is_in_the_wheel_by_name() -> None:
    data = [path for path in files() if path.suffix not in (".py", ".toml")]

    missing = [path for path in data if not any(fnmatch(str(path), one) for one in in_wheels())]
    assert missing == []
