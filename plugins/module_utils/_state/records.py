# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of a host, in order, and what is done with each so that none blocks another."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Set, Tuple

from .._converge.errors import EdgeError, Unavailable
from .._converge.resource import Key, State
from .._kernel.netns import network_namespace
from .._kernel.termination import Terminated
from .._record.keeping import forget as drop_entries
from .._record.store import RecordName, Store
from .._record.text import Resources
from .kinds import Entries, Kind, Report, Tools

Problems = List[str]


class Found(NamedTuple):
    """A record that can be read: its entries, and the tools for its kind."""

    name: RecordName
    tools: Tools
    entries: Entries

    @property
    def resources(self) -> Resources:
        """The resources that declare the entries, in their constant order."""
        return self.tools.form.write({entry.key: entry for entry in self.entries})


class Done(NamedTuple):
    """What became of a record: operations, what could not be done, and what else to tell."""

    lines: List[str]
    problems: Problems
    warnings: List[str]


def read_records(
    store: Store, kinds: Sequence[Kind], selected: Callable[[RecordName], bool]
) -> Tuple[List[Found], Problems]:
    """Return the records in the order of their kinds, and a line for each that is broken.

    ``selected`` tells which records to look at.
    """
    known = {kind.name: rank for rank, kind in enumerate(kinds)}
    found: List[Found] = []
    problems: Problems = []
    tools: Dict[str, Tools] = {}
    for name in store.names():
        if not selected(name):
            continue
        if name.kind not in known:
            problems.append(
                "the record %s is of no kind that this version knows (%s): upgrade, or remove it"
                % (store.path(name), ", ".join(known))
            )
            continue
        if name.kind not in tools:
            tools[name.kind] = kinds[known[name.kind]].load()
        own = tools[name.kind]
        try:
            entries = own.form.entries(store, name)
        except EdgeError as error:
            problems.append(str(error))
            continue
        found.append(Found(name, own, list(entries.values())))
    found.sort(key=lambda record: (known[record.name.kind], record.name.netns or ""))
    return found, problems


def restore(record: Found, check: bool) -> Done:
    """Bring the kernel to a record, or in check tell what that would do, and what cannot be."""
    return _inside(record, lambda entries: record.tools.restore(entries, check))


def withdraw(record: Found) -> Done:
    """Take what a record holds out of the kernel; the record stays."""
    take = record.tools.withdraw
    if take is None:
        return Done([], [], [])
    return _inside(record, lambda entries: take(entries, False))


def forget(store: Store, record: Found, names: Sequence[str]) -> Tuple[List[str], Problems]:
    """Drop entries from a record, with what could not come back without them.

    ``names`` are their names or lines. One that no entry has is a problem; then nothing is dropped.
    """
    unknown: Problems = []

    def goes(have: State[Any]) -> Set[Key]:
        keys: Set[Key] = set()
        for name in names:
            named = [key for key, entry in have.items() if name in (entry.name, entry.line())]
            keys.update(named)
            if not named:
                unknown.append("%s: nothing recorded is called %r" % (str(record.name), name))
        if unknown:
            return set()
        return {key for key, entry in have.items() if {key, record.tools.owner(entry)} & keys}

    return drop_entries(record.tools.form, store, record.name, goes), unknown


def _inside(record: Found, work: Callable[[Entries], Report]) -> Done:
    if not record.entries:
        return Done([], [], [])
    try:
        with network_namespace(record.name.netns):
            done = _piecewise(work, record.tools.pieces(record.entries))
    except (Unavailable, OSError) as error:
        done = Done([], [str(error)], [])
    name = str(record.name)
    return Done(*(["%s: %s" % (name, line) for line in dict.fromkeys(lines)] for lines in done))


def _piecewise(work: Callable[[Entries], Report], pieces: List[Entries]) -> Done:
    """Work on all at once; where that fails, on halves, so that one wrong entry is left alone.

    A host that lacks something lacks it for each of them: that is said once.
    """
    try:
        report = work([entry for piece in pieces for entry in piece])
        return Done(list(report.lines), [], list(report.warnings))
    except Unavailable as error:
        return Done([], [str(error)], [])
    except EdgeError as error:
        if isinstance(error, Terminated) or isinstance(error.__context__, Terminated):
            raise
        if len(pieces) == 1:
            return Done([], [str(error)], [])
    middle = len(pieces) // 2
    halves = _piecewise(work, pieces[:middle]), _piecewise(work, pieces[middle:])
    return Done(*(first + second for first, second in zip(*halves)))
