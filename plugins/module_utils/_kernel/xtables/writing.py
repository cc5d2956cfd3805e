# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing tables of legacy xtables, by python-iptables and the libiptc beneath it.

Only its tables are used. Its rules are made of words by the extensions of iptables, and a word
that is refused there is left out in silence, which makes a broader rule.
"""

from __future__ import annotations

import ctypes
import glob
import importlib.util
import os
import struct
import sys
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any, Iterator, Optional, Sequence

from ..._converge.errors import Unavailable
from ..lock import exclusive
from ..preflight import require_library
from .blob import FORMS, Chains
from .edits import Append, CreateChain, DeleteChain, Edit, Flush, Insert, Remove
from .reading import read_table

LIBRARY, DEBIAN_PACKAGE, DISTRIBUTION = "iptc", "python3-iptables", "python-iptables"
LOCK_DIRECTORY, LOCK = "/run", "xtables"
"""Where iptables takes its lock: /run/xtables.lock."""

_EXTENSIONS = ("/usr/lib/*/xtables", "/usr/lib64/xtables", "/usr/lib/xtables")
_STALE = "Resource temporarily unavailable"


class XtablesRefused(Exception):
    """A table was not changed; str() says why, on one line.

    ``stale`` tells whether another program changed the table meanwhile.
    """

    def __init__(self, complaint: str) -> None:
        super().__init__(complaint)
        self.stale = _STALE in complaint


class Xtables:
    """The tables of the network namespace that the process is in at each call."""

    def __init__(self) -> None:
        self._library: Optional[ModuleType] = None

    def read(self, family: str, table: str) -> Chains:
        """Return the chains of a table, none if it was never used; raises Unavailable."""
        return read_table(family, table)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the lock that iptables itself takes; raises Unavailable if it is held too long."""
        return exclusive(LOCK, LOCK_DIRECTORY)

    def commit(self, family: str, table: str, edits: Sequence[Edit]) -> None:
        """Carry out all edits of one table, or none.

        Raises XtablesRefused, and Unavailable when the library cannot be loaded.
        """
        if self._library is None:
            self._library = _load()
        error: Any = self._library.IPTCError
        kind: Any = self._library.Table6 if family == "ipv6" else self._library.Table
        try:
            with _fresh(kind, table) as opened:
                for edit in edits:
                    _do(opened, family, edit)
                opened.commit()
        except error as complaint:
            raise XtablesRefused(_plain(str(complaint))) from None


def require_writer() -> None:
    """Raise Unavailable when tables cannot be written, without the time that loading takes."""
    if struct.calcsize("P") != 8:
        raise Unavailable("the iptables backend needs a 64-bit Python: use backend: nftables")
    if importlib.util.find_spec(LIBRARY) is None:
        raise Unavailable(
            "the Python library %s is missing for %s: install it with 'apt-get install %s' or "
            "'pip install %s'" % (LIBRARY, sys.executable, DEBIAN_PACKAGE, DISTRIBUTION)
        )


def _load() -> ModuleType:
    # Without this the library asks ldconfig, a process more, and fails where there is none.
    found = [folder for pattern in _EXTENSIONS for folder in sorted(glob.glob(pattern))]
    given = "XTABLES_LIBDIR" in os.environ
    if found and not given:
        os.environ["XTABLES_LIBDIR"] = found[0]
    try:
        return require_library(LIBRARY, DEBIAN_PACKAGE, DISTRIBUTION)
    finally:
        if found and not given:
            del os.environ["XTABLES_LIBDIR"]


@contextmanager
def _fresh(kind: Any, name: str) -> Iterator[Any]:
    """Open a table as it is now and here: the library keeps each one that was ever opened."""
    table = kind(name, autocommit=False)
    table.refresh()
    try:
        yield table
    finally:
        table.close()


def _do(table: Any, family: str, edit: Edit) -> None:
    if isinstance(edit, Append):
        table.append_entry(edit.chain, _counted(family, edit.rule.body, edit.rule.counted))
    elif isinstance(edit, CreateChain):
        table.create_chain(edit.chain)
    elif isinstance(edit, Flush):
        table.flush_entries(edit.chain)
    elif isinstance(edit, DeleteChain):
        table.delete_chain(edit.chain)
    elif isinstance(edit, Insert):
        table.insert_entry(edit.chain, _buffer(edit.body), 0)
    elif isinstance(edit, Remove):
        mask = _buffer(b"\xff" * len(edit.body))
        table.delete_entry(edit.chain, _buffer(edit.body), mask)


def _counted(family: str, body: bytes, counted: Sequence[int]) -> Any:
    buffer = _buffer(body)
    if any(counted):
        struct.pack_into("=QQ", buffer, FORMS[family].counters, *counted)
    return buffer


def _buffer(body: bytes) -> Any:
    return ctypes.create_string_buffer(body, len(body))


def _plain(complaint: str) -> str:
    """Return a complaint of the library without the quotes that it leaves around its reason."""
    reason = complaint.replace("b'", "").rstrip("'")
    return reason.splitlines()[0] if reason else "no reason given"
