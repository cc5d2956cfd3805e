# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Putting the command ``sluice-state`` on a host, with a copy of this very engine.

Each engine has a folder named by its content, and the command names one of them. Replacing the
command is what switches to a new engine, so that a host always has a whole one.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib
import importlib.util
import os
import pkgutil
import shutil
import sys
from typing import Any, Dict, List, Mapping, NamedTuple

from .._converge.errors import Unavailable
from . import command as _command

PACKAGE = "sluice_engine"
PREFIX = "engine-"
SYSTEM_PYTHON = "/usr/bin/python3"

_STARTER = """\
#!{python} -Es
# Written by the collection sluice.edge. The engine beside it is a copy of its modules' own.
import sys

sys.path.insert(0, "{folder}")
from {package}.{entry} import main

sys.exit(main())
"""


class Place(NamedTuple):
    """Where on the host the engines and the command are: absolute paths."""

    library: str = "/usr/lib/sluice"
    command: str = "/usr/sbin/sluice-state"


class Engine(NamedTuple):
    """An engine to install: the text of each file by its path, and the Python that runs it."""

    sources: Mapping[str, str]
    entry: str
    python: str

    @property
    def digest(self) -> str:
        """16 hexadecimal digits that stand for the content."""
        digest = hashlib.sha256()
        for path in sorted(self.sources):
            digest.update(("%s\0%s\0" % (path, self.sources[path])).encode("utf-8"))
        return digest.hexdigest()[:16]

    def folder(self, place: Place) -> str:
        return os.path.join(place.library, PREFIX + self.digest)

    def starter(self, place: Place) -> str:
        return _STARTER.format(
            python=self.python, folder=self.folder(place), package=PACKAGE, entry=self.entry
        )


def own_engine() -> Engine:
    """Return the engine that this code is part of, wherever Python has it from.

    Ansible brings modules with all they import in a zip archive; loaders give its files' texts.
    """
    root, _dot, _entry = _command.__name__.rpartition("._state.")
    package = importlib.import_module(root)
    sources = {"__init__.py": ""}
    for found in pkgutil.walk_packages(package.__path__, root + "."):
        path = found.name[len(root) + 1 :].replace(".", "/")
        path += "/__init__.py" if found.ispkg else ".py"
        sources[path] = _source(found.name)
    return Engine(sources, _command.__name__[len(root) + 1 :], _python())


def install(engine: Engine, place: Place, check: bool) -> Dict[str, Any]:
    """Put an engine and its command in place; return a module's result.

    An engine that is there already, whole, is left alone. Others go when the command has changed.
    Raises Unavailable when a file cannot be written.
    """
    folder, starter = engine.folder(place), engine.starter(place)
    before = _listing(place)
    missing = not _is_whole(folder, engine)
    switched = _read(place.command) != starter
    replaced = (folder, _fresh(folder)) if missing else (folder,)
    outdated = [path for path in _engines(place) if path not in replaced]
    operations = ["install %s" % folder] * missing + ["write %s" % place.command] * switched
    operations += ["remove %s" % path for path in outdated]
    if operations and not check:
        try:
            if missing:
                _write_engine(engine, folder)
                os.chmod(place.library, 0o755)
            if switched:
                _write(place.command, starter, 0o755)
            for path in outdated:
                shutil.rmtree(path)
        except OSError as error:
            raise Unavailable(_refusal("install", error)) from None
    return _result(operations, before, [folder, place.command])


def remove(place: Place, check: bool) -> Dict[str, Any]:
    """Take the command and every engine off the host; return a module's result.

    Raises Unavailable when a file cannot be removed.
    """
    before = _listing(place)
    if before and not check:
        try:
            if os.path.lexists(place.command):
                os.unlink(place.command)
            for path in _engines(place):
                shutil.rmtree(path)
            if os.path.isdir(place.library) and not os.listdir(place.library):
                os.rmdir(place.library)
        except OSError as error:
            raise Unavailable(_refusal("remove", error)) from None
    return _result(["remove %s" % path for path in before], before, [])


def _source(name: str) -> str:
    spec = importlib.util.find_spec(name)
    loader: Any = spec.loader if spec else None
    return str(loader.get_source(name) or "")


def _python() -> str:
    """The interpreter that runs us: it has the libraries. By a path that outlives an upgrade."""
    try:
        if os.path.samefile(SYSTEM_PYTHON, sys.executable):
            return SYSTEM_PYTHON
    except OSError:
        pass
    return sys.executable


def _engines(place: Place) -> List[str]:
    try:
        names = os.listdir(place.library)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [os.path.join(place.library, name) for name in sorted(names) if name.startswith(PREFIX)]


def _listing(place: Place) -> List[str]:
    return _engines(place) + [place.command] * os.path.lexists(place.command)


def _is_whole(folder: str, engine: Engine) -> bool:
    package = os.path.join(folder, PACKAGE)
    there = {
        os.path.relpath(os.path.join(top, name), package)
        for top, _folders, names in os.walk(package)
        for name in names
        if name.endswith(".py")
    }
    return there == set(engine.sources) and all(
        _read(os.path.join(package, path)) == text for path, text in engine.sources.items()
    )


def _write_engine(engine: Engine, folder: str) -> None:
    fresh = _fresh(folder)
    if os.path.lexists(fresh):
        shutil.rmtree(fresh)
    for path, text in sorted(engine.sources.items()):
        _write(os.path.join(fresh, PACKAGE, path), text, 0o644)
    # The unit may not write here, so what is not compiled now is compiled at every boot.
    compileall.compile_dir(fresh, ddir=folder, quiet=2)
    for top, _folders, names in os.walk(fresh):
        os.chmod(top, 0o755)
        for name in names:
            os.chmod(os.path.join(top, name), 0o644)
    if os.path.lexists(folder):
        shutil.rmtree(folder)
    os.rename(fresh, folder)


def _fresh(folder: str) -> str:
    return folder + ".new"


def _write(path: str, text: str, mode: int) -> None:
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    part = path + ".part"
    with open(part, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(part, mode)
    os.rename(part, path)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _refusal(what: str, error: OSError) -> str:
    return "cannot %s sluice-state: %s: %s; the task needs root (become: true)" % (
        what,
        error.filename,
        error.strerror,
    )


def _result(operations: List[str], before: List[str], after: List[str]) -> Dict[str, Any]:
    return {
        "changed": bool(operations),
        "operations": operations,
        "diff": {"before": _lines(before), "after": _lines(after)},
    }


def _lines(paths: List[str]) -> str:
    return "".join(path + "\n" for path in paths)
