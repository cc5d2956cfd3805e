# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources, and what changes come to, as the API shows them; and their entity tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ..resources.model import Operation, Origin, Outcome, Resource
from ..resources.public import public

_ANY_TIME = 0.0


def outcome_shown(outcome: Outcome, now: float) -> dict[str, Any]:
    """Return what changes came to, or would come to."""
    return {
        "revision": outcome.revision,
        "changed": bool(outcome.operations),
        "unchanged": outcome.unchanged,
        "operations": [_operation(one, now) for one in outcome.operations],
    }


def entity_tags(resource: Resource | None) -> tuple[str, ...]:
    """Return the strong entity tags of a resource, first the one that is answered; none of one
    that is not there.

    It is the version. A certificate that was made anew is told otherwise, although nobody declared
    anything: its leaf is in the tag too, and the version alone remains good for a condition.
    """
    if resource is None:
        return ()
    if resource.origin is Origin.FILE:
        return (f'"file-{_digest([public(resource, _ANY_TIME)])}"',)
    version = f'"{resource.version}"'
    if resource.leaf is None:
        return (version,)
    return (f'"{resource.version}-{resource.leaf.fingerprint[:16]}"', version)


def list_tag(revision: int, resources: Iterable[Resource]) -> str:
    """Return the entity tag of a list: other resources have another one."""
    state = [[one.id, one.owner, entity_tags(one)[0]] for one in resources]
    return f'"{revision}-{_digest(state)}"'


def _operation(operation: Operation, now: float) -> dict[str, Any]:
    before, after = operation.before, operation.after
    return {
        "operation": operation.verb.value,
        "kind": operation.subject.kind.value,
        "id": operation.subject.id,
        "before": None if before is None else public(before, now),
        "after": None if after is None else public(after, now),
    }


def _digest(state: list[Any]) -> str:
    text = json.dumps(state, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
