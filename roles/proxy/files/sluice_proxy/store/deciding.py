# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes come to, given what is there. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import attrgetter

from .failures import Conflict, Mismatch
from .items import ABSENT, Applied, Change, Contents, Item, Key, Put


def keys_of(changes: Sequence[Change]) -> list[Key]:
    """Return what is changed, in order; raises ValueError when that is something twice."""
    keys = sorted(change.key for change in changes)
    for former, key in pairwise(keys):
        if former == key:
            raise ValueError(f"{key}: changed twice in one change")
    return keys


def decide(
    changes: Sequence[Change],
    unchanged: Mapping[str, int],
    there: Mapping[Key, Item],
    revisions: Mapping[str, int],
) -> Applied:
    """Return what is to be done for ``changes``; raises Conflict or ValueError as Store.apply does.

    ``there`` has those of the changed items that are there, ``revisions`` every kind that ever
    changed, with the revision of its last change.
    """
    keys_of(changes)
    revision = max(revisions.values(), default=0)
    mismatches = [
        *_changed_kinds(unchanged, revisions, revision),
        *(found for change in changes for found in _mismatch(change, there)),
    ]
    if mismatches:
        raise Conflict(mismatches)
    put = [
        Item(change.key, revision + 1, change.document)
        for change in changes
        if isinstance(change, Put) and not _is_there(change, there)
    ]
    removed = [
        change.key for change in changes if not isinstance(change, Put) and change.key in there
    ]
    if not put and not removed:
        return Applied(revision)
    return Applied(revision + 1, tuple(sorted(put, key=attrgetter("key"))), tuple(sorted(removed)))


def taken_over(contents: Contents, revisions: Mapping[str, int]) -> dict[str, int]:
    """Return the kinds of a store with what another one had, as ``revisions`` of ``decide``.

    ``revisions`` are those that it has, of which there must be none; else raises Conflict.
    """
    if revisions:
        raise Conflict(Mismatch(kind, 0, found) for kind, found in sorted(revisions.items()))
    if not contents.revision:
        return {}
    # Which kind was changed last is not known: it may have been any of them.
    return dict.fromkeys({key.kind for key in contents.items} or {""}, contents.revision)


def kinds_of(applied: Applied) -> set[str]:
    """Return the kinds that something was changed of."""
    return {item.key.kind for item in applied.put} | {key.kind for key in applied.removed}


def _changed_kinds(
    unchanged: Mapping[str, int], revisions: Mapping[str, int], revision: int
) -> list[Mismatch]:
    # A revision that is still to come was read before a backup was put in place.
    return [
        Mismatch(kind, read_at, revisions.get(kind, 0))
        for kind, read_at in sorted(unchanged.items())
        if not revisions.get(kind, 0) <= read_at <= revision
    ]


def _mismatch(change: Change, there: Mapping[Key, Item]) -> list[Mismatch]:
    found = there[change.key].version if change.key in there else ABSENT
    if change.expected is None or change.expected == found:
        return []
    return [Mismatch(change.key, change.expected, found)]


def _is_there(put: Put, there: Mapping[Key, Item]) -> bool:
    return put.key in there and there[put.key].document == put.document
