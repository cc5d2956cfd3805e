# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a database: in a folder that nobody else may look into, as it has private keys."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

from ..failures import StoreFailed, StoreFull

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def prepare(path: Path) -> None:
    """Have ``path`` be a file of ours alone, in a folder of ours alone; raises StoreFailed.

    Both are made where they are missing, but no folder above. Nothing that is there is changed:
    who may read it is for people to put right.
    """
    folder = path.parent
    try:
        _make_folder(folder)
        _check(folder, stat.S_ISDIR, "folder", 0o700)
        _make_file(path)
        _check(path, stat.S_ISREG, "file", 0o600)
    except OSError as error:
        raise _failure(error, path) from error


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells the file at ``path`` from any other that may take its place."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def check_identity(path: Path, file: tuple[int, int] | None) -> None:
    """Raise StoreFailed when the file at ``path`` is not the one that ``identity`` told of.

    SQLite goes on with a file that has no name any more: nobody would find what it has.
    """
    if identity(path) != file:
        raise StoreFailed(
            str(path),
            "it was moved or replaced while it was open: have the proxy open it anew (SIGHUP)",
        )


def _failure(error: OSError, path: Path) -> StoreFailed:
    said = error.strerror or str(error)
    folder = path.parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreFull(str(path), f"{said}: the disk is full: make room in {folder}")
    return StoreFailed(str(path), f"{said}: let the proxy's user write to {folder}, or make it")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(0o700)
    except FileExistsError:
        return
    _keep_names(folder.parent)


def _make_file(path: Path) -> None:
    # One that is there is not even opened: to close it would take the locks away from whoever
    # in this process has the database open.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, 0o600))
    except FileExistsError:
        return
    _keep_names(path.parent)


def _check(path: Path, is_kind: Callable[[int], bool], kind: str, mode: int) -> None:
    found = os.lstat(path).st_mode
    if not is_kind(found):
        raise StoreFailed(str(path), f"it is no {kind}: choose another path for the store")
    if found & _OTHERS:
        raise StoreFailed(
            str(path),
            f"others may use it ({stat.S_IMODE(found):04o}), and it has private keys: "
            f"chmod {mode:04o} it",
        )


def _keep_names(folder: Path) -> None:
    """Have what was made in ``folder`` be there after a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
