# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of records: found, read, and replaced so that a reader meets the old or the new."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence

from .._converge.errors import Unavailable
from .._kernel.lock import exclusive
from .text import BrokenRecord, Resources, decode, encode

DIRECTORY = "/etc/sluice/state.d"
_SUFFIX = ".json"


class RecordName(NamedTuple):
    """What a record is of: a kind of resources, in a network namespace or the host's own."""

    kind: str
    netns: Optional[str] = None

    def __str__(self) -> str:
        return self.kind if self.netns is None else "%s@%s" % self

    @classmethod
    def parse(cls, text: str) -> RecordName:
        """Return the name that str() makes ``text`` of."""
        kind, at, netns = text.partition("@")
        return cls(kind, netns if at else None)


class Store:
    """The records of a host, a file each."""

    def __init__(self, directory: str = DIRECTORY) -> None:
        self.directory = directory

    def path(self, name: RecordName) -> str:
        """Return where a record is, or would be."""
        return os.path.join(self.directory, str(name) + _SUFFIX)

    def names(self) -> List[RecordName]:
        """Return the records there are, sorted; raises Unavailable when that cannot be told."""
        try:
            files = os.listdir(self.directory)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(
                "cannot list %s: %s; run it as root" % (self.directory, error.strerror)
            ) from None
        return [
            RecordName.parse(file[: -len(_SUFFIX)])
            for file in sorted(files)
            if file.endswith(_SUFFIX) and not file.startswith(".")
        ]

    def read(self, name: RecordName) -> Resources:
        """Return what a record holds, nothing when there is none.

        Raises BrokenRecord with one line that says what is wrong with the file.
        """
        path = self.path(name)
        try:
            with open(path, encoding="utf-8") as source:
                return decode(source.read())
        except FileNotFoundError:
            return []
        except UnicodeDecodeError:
            raise broken(path, "is not UTF-8 text") from None
        except BrokenRecord as error:
            raise broken(path, str(error)) from None
        except OSError as error:
            raise Unavailable("cannot read the record %s: %s" % (path, error.strerror)) from None

    @contextmanager
    def sole_writer(self, name: RecordName) -> Iterator[None]:
        """Keep other writers from a record during the body, from its reading to its writing."""
        try:
            os.makedirs(os.path.dirname(self.directory) or ".", mode=0o755, exist_ok=True)
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
        except OSError as error:
            raise Unavailable(
                "cannot make %s for records: %s; the task needs root (become: true), or "
                "persist: false" % (self.directory, error.strerror)
            ) from None
        with exclusive(".%s" % str(name), self.directory):
            yield

    def write(self, name: RecordName, resources: Sequence[Dict[str, Any]]) -> None:
        """Replace a record; after a crash at any moment it is the old or the new one, whole.

        The caller is its sole writer. Raises Unavailable when it cannot be written.
        """
        path = self.path(name)
        # One name for all times: what a killed writer left is overwritten by the next.
        fresh = os.path.join(self.directory, ".%s.new" % str(name))
        try:
            descriptor = os.open(
                fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
            with open(descriptor, "w", encoding="utf-8") as target:
                target.write(encode(resources))
                target.flush()
                os.fsync(target.fileno())
            os.replace(fresh, path)
            self._sync_directory()
        except OSError as error:
            raise Unavailable("cannot write the record %s: %s" % (path, error.strerror)) from None

    def _sync_directory(self) -> None:
        descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def broken(path: str, reason: str) -> BrokenRecord:
    """Return the error for the record at ``path``, with what to do."""
    return BrokenRecord(
        "the record %s %s: restore it from a backup, or remove it and run the play again"
        % (path, reason)
    )
