# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of the proxy, and the rules that its files keep.

A room imports from the rows below its own, and from its own files. The pure rooms have no way to
sockets, files and clocks.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[4]
PACKAGE = CHECKOUT / "roles" / "proxy" / "files" / "sluice_proxy"
TESTS = CHECKOUT / "tests" / "proxy"
LONGEST = 500

# From the bottom up.
ROOMS: tuple[tuple[str, ...], ...] = (
    ("release.py",),
    ("http", "proxy_protocol"),
    ("routes",),
    ("snapshot",),
    ("acme", "config", "issuing", "observe", "store", "tls"),
    ("fleet",),
    ("ordering", "resources"),
    ("admin", "worker"),
    ("supervisor",),
    ("cli",),
    ("__main__.py",),
)
PURE = ("http", "proxy_protocol", "routes", "snapshot")
IMPURE = {
    "asyncio", "fcntl", "os", "pathlib", "select", "signal", "socket", "ssl", "subprocess",
    "tempfile", "threading", "time", "uvloop",
}  # fmt: skip
# Of this room, the files that touch the world; the plan of what to do only names paths.
ISSUING_TOUCHES = {"authority_folder.py", "issuer.py", "mkcert.py", "system_trust.py"}
# Of this room, the files that touch the world.
ACME_TOUCHES = {"client.py", "transport.py"}
# What a worker that starts, and starts again after each death, must not wait for.
NOT_IN_WORKERS = {
    "aiohttp",
    "cryptography",
    "dns",
    "jinja2",
    "pydantic",
    "redis",
    "sqlite3",
    "yaml",
}


def files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def rank(name: str) -> int:
    return next(row for row, names in enumerate(ROOMS) if {name, f"{name}.py"} & set(names))


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of the modules that a file imports, wherever it does."""
    package = ["sluice_proxy", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_every_file_is_in_a_room() -> None:
    known = {name for names in ROOMS for name in names}

    assert {room(path) for path in files()} == known


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_downwards_only(path: Path) -> None:
    own = room(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "sluice_proxy" and parts[1] != own:
            assert rank(parts[1]) < rank(own), f"{own} imports {name}, which is not below it"


@pytest.mark.parametrize("path", [path for path in files() if room(path) in PURE], ids=str)
def test_pure_rooms_have_no_way_out(path: Path) -> None:
    outward = {name for name in imports(path) if name.split(".")[0] in IMPURE}

    # To read an address is no way out.
    text = path.read_text()
    uses = {part.split("(")[0] for part in text.split("socket.")[1:]} if outward else set()
    allowed = all(use.startswith(("inet_pton", "AF_INET")) for use in uses)
    assert outward <= {"socket"}
    assert allowed, uses


def test_the_store_does_not_know_what_it_keeps() -> None:
    names = {name for path in files() if room(path) == "store" for name in imports(path)}
    own = {name for name in names if name.startswith("sluice_proxy")}

    assert "sluice_proxy.store.items.Key" in own
    assert {name for name in own if not name.startswith("sluice_proxy.store.")} == set()


@pytest.mark.parametrize(
    "path",
    [path for path in files() if room(path) == "issuing" and path.name not in ISSUING_TOUCHES],
    ids=lambda path: path.name,
)
def test_certificates_are_made_without_files_and_clocks(path: Path) -> None:
    outward = {name for name in imports(path) if name.split(".")[0] in IMPURE}

    assert outward <= ({"pathlib.Path"} if path.name == "trust_plan.py" else set())
    assert "now(" not in path.read_text()


@pytest.mark.parametrize(
    "path",
    [path for path in files() if room(path) == "acme" and path.name not in ACME_TOUCHES],
    ids=lambda path: path.name,
)
def test_messages_of_acme_are_made_and_read_without_sockets_and_clocks(path: Path) -> None:
    outward = {name for name in imports(path) if name.split(".")[0] in {*IMPURE, "aiohttp"}}

    assert outward == set()
    assert "datetime.now(" not in path.read_text()


def reached(start: Path) -> set[Path]:
    """Return the files of the package that importing ``start`` reads, itself included."""
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imports(path):
            parts = name.split(".")
            if parts[0] == "sluice_proxy":
                # The last part may be a name in the module.
                for known in (parts[1:], parts[1:-1]):
                    file = PACKAGE.joinpath(*known).with_suffix(".py")
                    folder = PACKAGE.joinpath(*known) / "__init__.py"
                    waiting += [found for found in (file, folder) if found.is_file()]
    return seen


def test_workers_start_without_what_only_the_configuration_needs() -> None:
    read = reached(PACKAGE / "supervisor" / "worker_process.py")
    read |= reached(PACKAGE / "supervisor" / "serving.py")

    assert PACKAGE / "worker" / "server.py" in read
    offences = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in read
        for name in imports(path)
        if name.split(".")[0] in NOT_IN_WORKERS
    }
    assert offences == set()


def test_a_proxy_without_an_api_loads_nothing_of_it() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sluice_proxy.supervisor.supervisor, sys; print(*sys.modules)",
        ],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "sluice_proxy.supervisor.admin_door" in said
    assert {"aiohttp", "jinja2"}.isdisjoint(said)


def test_no_group_of_a_regular_expression_is_repeated_possessively() -> None:
    # Python 3.11.0 to 3.11.4, and so Debian 12's, match such a group where it does not: after a
    # part of it that fails they go on from the middle.
    possessive = re.compile(r"[^(]\)(?:[*+?]|\{[^{}]*\})\+")
    offences = [path for path in files() if possessive.search(path.read_text())]

    assert possessive.search("(?:ab)*+")
    assert [str(path.relative_to(PACKAGE)) for path in offences] == []


@pytest.mark.parametrize("folder", [PACKAGE, TESTS], ids=["package", "tests"])
def test_no_file_is_too_long(folder: Path) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in folder.rglob("*.py")}

    assert {str(path): size for path, size in lengths.items() if size > LONGEST} == {}


def test_what_tests_install_is_what_the_package_depends_on() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    lines = (CHECKOUT / "requirements" / "proxy.txt").read_text().splitlines()

    assert [line for line in lines if not line.startswith("#")] == project["dependencies"]


def test_rooms_are_described_once_each_from_the_top_down() -> None:
    text = (CHECKOUT / "docs" / "proxy" / "architecture.md").read_text()
    listed = re.findall(r"^    ((?:[a-z_]+, )*[a-z_]+)  ", text.split("\n## ")[0], re.MULTILINE)
    described = [name for names in listed for name in names.split(", ")]

    folders = [name for row in ROOMS for name in row if not name.endswith(".py")]
    assert sorted(described) == sorted(folders)
    assert [rank(name) for name in described] == sorted(map(rank, described), reverse=True)


def test_every_dependency_has_its_reason_in_the_documentation() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["project"]
    reasons = (CHECKOUT / "docs" / "proxy" / "architecture.md").read_text()

    for dependency in project["dependencies"]:
        assert f"| `{dependency.split(';')[0]}` |" in reasons
