# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of a host, in order, and what is done with each so that none blocks another."""

from __future__ import annotations

from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple

from .._converge.errors import EdgeError, Unavailable
from .._kernel.netns import network_namespace
from .._kernel.termination import Terminated
from .._record.store import RecordName, Store
from .._record.text import Resources
from .kinds import Kind, Lines

Problems = List[str]
Work = Callable[[Resources], Lines]


class Found(NamedTuple):
    """A record that can be read: its entries, and the resources that declare them, in order."""

    name: RecordName
    kind: Kind
    entries: List[Any]
    resources: Resources


def read_records(
    store: Store, kinds: Sequence[Kind], only: Optional[str] = None
) -> Tuple[List[Found], Problems]:
    """Return the records in the order of their kinds, and a line for each that is broken.

    ``only`` names the one kind to look at.
    """
    known = {kind.name: rank for rank, kind in enumerate(kinds)}
    found: List[Found] = []
    problems: Problems = []
    for name in store.names():
        if only is not None and name.kind != only:
            continue
        if name.kind not in known:
            problems.append(
                "the record %s is of no kind that this version knows (%s): upgrade, or remove it"
                % (store.path(name), ", ".join(known))
            )
            continue
        kind = kinds[known[name.kind]]
        try:
            entries = kind.form.entries(store, name)
        except EdgeError as error:
            problems.append(str(error))
            continue
        found.append(Found(name, kind, list(entries.values()), kind.form.write(entries)))
    found.sort(key=lambda record: (known[record.name.kind], record.name.netns or ""))
    return found, problems


def restore(record: Found, check: bool) -> Tuple[Lines, Problems]:
    """Bring the kernel to a record, or in check tell what that would do, and what cannot be."""
    kind = record.kind
    return _inside(record, lambda resources: kind.restore(resources, check))


def withdraw(record: Found) -> Tuple[Lines, Problems]:
    """Take what a record holds out of the kernel; the record stays."""
    take = record.kind.withdraw
    if take is None:
        return [], []
    return _inside(record, lambda resources: take(resources, False))


def _inside(record: Found, work: Work) -> Tuple[Lines, Problems]:
    if not record.resources:
        return [], []
    try:
        with network_namespace(record.name.netns):
            lines, problems = _piecewise(work, record.resources)
    except (Unavailable, OSError) as error:
        lines, problems = [], [str(error)]
    name = str(record.name)
    return ["%s: %s" % (name, line) for line in lines], [
        "%s: %s" % (name, problem) for problem in dict.fromkeys(problems)
    ]


def _piecewise(work: Work, resources: Resources) -> Tuple[List[str], Problems]:
    """Work on all at once; where that fails, on halves, so that one wrong entry is left alone.

    A host that lacks something lacks it for each of them: that is said once.
    """
    try:
        return list(work(resources)), []
    except Unavailable as error:
        return [], [str(error)]
    except EdgeError as error:
        if isinstance(error, Terminated) or isinstance(error.__context__, Terminated):
            raise
        if len(resources) == 1:
            return [], [str(error)]
    middle = len(resources) // 2
    first, wrong = _piecewise(work, resources[:middle])
    second, more = _piecewise(work, resources[middle:])
    return first + second, wrong + more
