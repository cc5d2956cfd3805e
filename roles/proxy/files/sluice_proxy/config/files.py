# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files that a configuration names: certificates, pages, passwords."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

MAX_FILE_BYTES = 1024 * 1024


class Files(Protocol):
    """How the files are found; the tests have them in memory."""

    def whole(self, name: str) -> str:
        """Return the whole path that a name stands for, be there a file or not."""

    def resolved(self, name: str) -> str:
        """Return the whole path of a file that can be read; raises ValueError."""

    def read(self, name: str) -> bytes:
        """Return the content of a small file; raises ValueError."""


class FilesBeside:
    """Real files; a relative name is taken from the directory of the configuration."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._contents: dict[str, bytes] = {}

    def whole(self, name: str) -> str:
        """Return the whole path that a name stands for, be there a file or not."""
        return os.path.join(self._directory, name)

    def resolved(self, name: str) -> str:
        """Return the whole path of a file that can be read; raises ValueError."""
        path = self.whole(name)
        if not os.path.isfile(path):
            raise ValueError(f"there is no file {path}")
        if not os.access(path, os.R_OK):
            raise ValueError(f"file {path} cannot be read: check its owner and mode")
        return path

    def read(self, name: str) -> bytes:
        """Return the content of a small file; raises ValueError."""
        path = self.resolved(name)
        known = self._contents.get(path)
        if known is not None:
            # Thousands of routes may have the same page.
            return known
        try:
            with open(path, "rb") as file:
                self._check(path, os.fstat(file.fileno()).st_mode)
                content = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise ValueError(f"file {path} cannot be read: {error.strerror}") from None
        if len(content) > MAX_FILE_BYTES:
            raise ValueError(f"file {path} has more than {MAX_FILE_BYTES} bytes")
        self._contents[path] = content
        return content

    def _check(self, path: str, mode: int) -> None:
        """Refuse a file that is not to be read; raises ValueError."""


class WholePaths(FilesBeside):
    """Real files for documents that came over the API: by whole paths.

    What is read of them goes to clients, and who declares a page need not be one who may see the
    proxy's keys: it reads what everybody on the machine may.
    """

    def __init__(self) -> None:
        super().__init__(Path("/"))

    def resolved(self, name: str) -> str:
        """Return the path of a file that can be read; raises ValueError."""
        if not name.startswith("/"):
            raise ValueError(f"file {name!r} does not begin with /: write the whole path")
        return super().resolved(name)

    def _check(self, path: str, mode: int) -> None:
        if not mode & stat.S_IROTH:
            raise ValueError(
                f"file {path} is not for everybody to read, and may be a secret: chmod o+r it, or"
                " write its content here"
            )
