# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a batch of changes comes to: operations, changes of the store, and the next edition.

Nothing is changed by it: `plan` says what would be done, the caller has the store do it, and
`finished` puts in what the store answered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

from ..config.files import Files
from ..config.problems import field_name
from ..snapshot.collecting import collector_paused
from ..store.items import ABSENT, Applied, Put, Remove
from ..store.items import Change as StoreChange
from .composing import declared_ids, disagreements
from .edition import Edition, with_resources, with_versions
from .meaning import Meaning
from .model import (
    ANYBODY,
    Batch,
    Change,
    Declare,
    Kind,
    Operation,
    Outcome,
    Purge,
    Resource,
    Verb,
    Withdraw,
)
from .reading import depends_on_files, read_document
from .refusing import Invalid, OfFile, Outdated, Problem
from .secrets import Unknown, with_secrets
from .stored import encode, key_of

MOST_PROBLEMS = 1000
MOST_OF_OWNER = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """``operations`` and ``changes`` in the order of the batch, then what is purged by id.

    ``edition`` is the one afterwards, where what changes has the version of before.
    """

    operations: tuple[Operation, ...]
    unchanged: int
    changes: tuple[StoreChange, ...] = field(repr=False)
    edition: Edition = field(repr=False)

    @property
    def outcome(self) -> Outcome:
        """What the batch would come to."""
        return Outcome(self.edition.declared.revision, self.operations, self.unchanged)


def plan(edition: Edition, batch: Batch, files: Files) -> Plan:
    """Return what a batch comes to; raises Invalid, OfFile or Outdated with all that is wrong."""
    with collector_paused():
        _refuse(Invalid, _twice(batch))
        _refuse(OfFile, _of_file(edition, batch))
        _refuse(Outdated, _outdated(edition, batch))
        meanings: dict[Kind, dict[str, Meaning]] = {kind: {} for kind in Kind}
        operations: list[Operation] = []
        problems: list[Problem] = []
        for change in batch.changes:
            try:
                operation = _operation(edition, change, files, meanings)
            except Invalid as invalid:
                problems.extend(invalid.problems)
                continue
            if operation is not None:
                operations.append(operation)
        _refuse(Invalid, problems)
        unchanged = len(batch.changes) - len(operations)
        operations.extend(_purged(edition, batch))
        following = _following(edition, operations, meanings)
        _refuse(Invalid, _disagreements(following, operations))
        changes = tuple(_store_change(edition, each) for each in operations)
        return Plan(tuple(operations), unchanged, changes, following)


def finished(plan: Plan, applied: Applied) -> tuple[Edition, Outcome]:
    """Return the edition that is there now, and what the batch came to."""
    edition = with_versions(plan.edition, applied)
    operations = []
    for operation in plan.operations:
        after = operation.after
        if after is not None:
            # What was planned may have got a certificate meanwhile.
            after = edition.declared.of_kind[after.kind][after.id]
        operations.append(replace(operation, after=after))
    return edition, Outcome(applied.revision, tuple(operations), plan.unchanged)


def _refuse(
    error: type[Invalid] | type[OfFile] | type[Outdated],
    problems: Iterator[Problem] | list[Problem],
) -> None:
    found = list(problems)
    if found:
        raise error(found[:MOST_PROBLEMS])


def _twice(batch: Batch) -> Iterator[Problem]:
    seen: dict[tuple[Kind, str], int] = {}
    for place, change in enumerate(batch.changes):
        first = seen.setdefault((change.kind, change.id), place)
        if first != place:
            message = f"changes[{first}] and changes[{place}] are both for it: leave one out"
            yield Problem(change.kind, change.id, "", message)


def _of_file(edition: Edition, batch: Batch) -> Iterator[Problem]:
    for change in batch.changes:
        if change.id not in edition.of_file[change.kind]:
            continue
        # A declared page goes before the file's.
        declared = edition.of_api(change.kind, change.id) is not None
        if change.kind is Kind.PAGE and (isinstance(change, Declare) or declared):
            continue
        if isinstance(change, Withdraw) and change.id in edition.left_out[change.kind]:
            continue
        message = "the configuration file has it: change it there"
        yield Problem(change.kind, change.id, "", message)


def _outdated(edition: Edition, batch: Batch) -> Iterator[Problem]:
    revision = edition.declared.revision
    for kind, read_at in batch.unchanged.items():
        since = edition.changed[kind]
        if not since <= read_at <= revision:
            message = f"changed with revision {since}, after {read_at} that was read: read again"
            if read_at > revision:
                message = f"there is no revision {read_at} yet: read again"
            yield Problem(kind, "", "", message)
    for change in batch.changes:
        if change.expected is None:
            continue
        found = _version(edition, change.kind, change.id)
        if found == change.expected:
            continue
        if found == ABSENT:
            message = f"it is not there, but expected with version {change.expected}: read again"
        elif change.expected == ABSENT:
            message = f"it is there already, with version {found}: read it first"
        else:
            message = f"it has version {found}, and not {change.expected}: read it again"
        yield Problem(change.kind, change.id, "", message)


def _version(edition: Edition, kind: Kind, name: str) -> int:
    resource = edition.of_api(kind, name)
    left_out = edition.left_out[kind].get(name)
    if resource is None and left_out is not None:
        resource = left_out.resource
    return ABSENT if resource is None else resource.version


def _operation(
    edition: Edition, change: Change, files: Files, meanings: dict[Kind, dict[str, Meaning]]
) -> Operation | None:
    """Return what is to be done for a change, None where all is as asked."""
    kind, name = change.kind, change.id
    before = edition.of_api(kind, name)
    left_out = edition.left_out[kind].get(name)
    if isinstance(change, Withdraw):
        if before is None and left_out is not None:
            before = left_out.resource
        return None if before is None else Operation(Verb.REMOVE, before, None)
    owner = change.owner
    if owner is None:
        former = before or (left_out.resource if left_out is not None else None)
        owner = ANYBODY if former is None else former.owner
    if len(owner) > MOST_OF_OWNER or not owner.isprintable():
        message = f"an owner has up to {MOST_OF_OWNER} visible characters: change it"
        raise Invalid([Problem(kind, name, "owner", message)])
    if before is not None and owner == before.owner and _is_that_text(change, before):
        return None
    try:
        document = with_secrets(change.document, kind, before)
    except Unknown as unknown:
        raise Invalid([Problem(kind, name, field_name(unknown.path), str(unknown))]) from None
    read = read_document(kind, name, document, files)
    document, leaf = read.document, read.leaf
    if before is not None and edition.meanings[kind][name] == read.meaning:
        if before.owner == owner:
            return None
        document, leaf = before.document, before.leaf
    meanings[kind][name] = read.meaning
    after = Resource(kind, name, document, owner, leaf=leaf)
    return Operation(Verb.CREATE if before is None else Verb.REPLACE, before, after)


def _is_that_text(change: Declare, before: Resource) -> bool:
    """Return whether a document is there word by word, and still means what it meant."""
    try:
        # To Python, 1 is true: the texts are compared.
        same = json.dumps(change.document) == json.dumps(before.document)
    except (TypeError, ValueError, RecursionError):
        return False
    return same and not depends_on_files(before.kind, before.document)


def _purged(edition: Edition, batch: Batch) -> Iterator[Operation]:
    declared = {(change.kind, change.id) for change in batch.changes}
    for purge in batch.purges:
        for resource in _purgeable(edition, purge):
            name = resource.id
            if (purge.kind, name) not in declared and name not in purge.ignore:
                declared.add((purge.kind, name))
                yield Operation(Verb.REMOVE, resource, None)


def _purgeable(edition: Edition, purge: Purge) -> list[Resource]:
    there = edition.declared.of_kind[purge.kind]
    found = [there[name] for name in edition.meanings[purge.kind]]
    for out in edition.left_out[purge.kind].values():
        # Of whom an item is that cannot be read, nobody knows.
        if out.readable or purge.owner is None:
            found.append(out.resource)
    return sorted(
        (each for each in found if purge.owner in (None, each.owner)), key=attrgetter("id")
    )


def _following(
    edition: Edition,
    operations: list[Operation],
    meanings: Mapping[Kind, Mapping[str, Meaning]],
) -> Edition:
    if not operations:
        return edition
    resources: dict[Kind, dict[str, Resource | None]] = {kind: {} for kind in Kind}
    for operation in operations:
        subject = operation.subject
        after = operation.after
        if after is not None:
            # The store may have the same text already: then the version stays.
            after = replace(after, version=_version(edition, after.kind, after.id))
        resources[subject.kind][subject.id] = after
    left_out = {
        kind: {name: out for name, out in edition.left_out[kind].items() if name not in changed}
        for kind, changed in resources.items()
    }
    return replace(with_resources(edition, resources, meanings), left_out=left_out)


def _disagreements(edition: Edition, operations: list[Operation]) -> Iterator[Problem]:
    changed = {
        each.after.id
        for each in operations
        if each.after is not None and each.after.kind is Kind.ROUTE
    }
    if not changed:
        return
    for each in disagreements(edition):
        names = declared_ids(edition, each)
        blamed = next((name for name in names if name in changed), names[0])
        yield Problem(Kind.ROUTE, blamed, each.field, each.message)


def _store_change(edition: Edition, operation: Operation) -> StoreChange:
    subject = operation.subject
    key = key_of(subject.kind, subject.id)
    expected = _version(edition, subject.kind, subject.id)
    if operation.after is None:
        return Remove(key, expected)
    return Put(key, encode(operation.after), expected)
