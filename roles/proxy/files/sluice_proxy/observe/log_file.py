# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A log's file: opened to be appended to, with advice where that does not work."""

from __future__ import annotations

import errno
import os

STANDARD_OUTPUT = "-"
"""The path that stands for it."""


class CannotLog(OSError):
    """A log cannot be written; the text says what to do."""

    def __str__(self) -> str:
        return str(self.strerror)


def open_log(path: str) -> int:
    """Return a descriptor to append to a file, or to standard output; raises CannotLog."""
    try:
        if path == STANDARD_OUTPUT:
            return os.dup(1)
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise CannotLog(error.errno, f"{path}: {_advice(error, path)}") from None


def _advice(error: OSError, path: str) -> str:
    said = error.strerror or str(error)
    folder = os.path.dirname(path)
    if error.errno == errno.ENOENT:
        return f"{said}: make the folder {folder} first"
    if error.errno in (errno.EACCES, errno.EROFS):
        return f"{said}: let the proxy's user write to {folder}"
    return said
