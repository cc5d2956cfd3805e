# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file of the package gets to the hosts: by a wheel, and by the role."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import yaml

CHECKOUT = Path(__file__).resolve().parents[4]
ROLE = CHECKOUT / "roles" / "proxy"
SOURCE = ROLE / "files"
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


def brought_by_the_role() -> str:
    tasks = yaml.safe_load((ROLE / "tasks" / "install.yml").read_text())
    (found,) = [
        task["ansible.builtin.find"]
        for task in tasks
        if task["name"] == "Look at what is to be installed from the controller"
    ]
    patterns: str = found["patterns"]
    return patterns


def test_the_page_for_people_has_its_files() -> None:
    assert {path.suffix for path in files()} == {".py", ".toml", ".html", ".css", ".js"}


def test_what_is_no_module_is_in_the_wheel_by_name() -> None:
    data = [path for path in files() if path.suffix not in (".py", ".toml")]

    missing = [path for path in data if not any(fnmatch(str(path), one) for one in in_wheels())]
    assert missing == []


def test_the_role_brings_every_file() -> None:
    patterns = brought_by_the_role()

    missing = [
        path
        for path in files()
        if f"'*{path.suffix}'" not in patterns and f"'{path.name}'" not in patterns
    ]
    assert missing == []
