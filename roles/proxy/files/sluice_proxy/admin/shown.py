# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources, and what changes come to, as the API shows them; and their entity tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from ..resources.model import Kind, Operation, Origin, Outcome, Resource
from ..resources.public import public
from .edge import Edge

_ANY_TIME = 0.0

Clock = Callable[[], float]
"""Returns seconds since 1970."""


class Showing:
    """Shows resources of an edge as they are at the moment."""

    def __init__(self, edge: Edge, now: Clock) -> None:
        self._edge = edge
        self._now = now

    def resource(self, resource: Resource) -> dict[str, Any]:
        """Return a resource for others to see."""
        return public(resource, self._now(), self._order(resource))

    def outcome(self, outcome: Outcome) -> dict[str, Any]:
        """Return what changes came to, or would come to."""
        return {
            "revision": outcome.revision,
            "changed": bool(outcome.operations),
            "unchanged": outcome.unchanged,
            "operations": [self._operation(one) for one in outcome.operations],
        }

    def tags(self, resource: Resource | None) -> tuple[str, ...]:
        """Return the strong entity tags of a resource, first the one that is answered; none of one
        that is not there.

        It is the version. A certificate that was made anew, or whose order stands otherwise, is
        told otherwise, although nobody declared anything: that is in the tag too, and the version
        alone remains good for a condition.
        """
        if resource is None:
            return ()
        if resource.origin is Origin.FILE:
            return (f'"file-{_digest([public(resource, _ANY_TIME)])}"',)
        version = f'"{resource.version}"'
        order = self._order(resource)
        fingerprint = "" if resource.leaf is None else resource.leaf.fingerprint
        if order is not None:
            return (f'"{resource.version}-{_digest([fingerprint, order])}"', version)
        if fingerprint:
            return (f'"{resource.version}-{fingerprint[:16]}"', version)
        return (version,)

    def list_tag(self, revision: int, resources: Iterable[Resource]) -> str:
        """Return the entity tag of a list: other resources have another one."""
        state = [[one.id, one.owner, self.tags(one)[0]] for one in resources]
        return f'"{revision}-{_digest(state)}"'

    def _order(self, resource: Resource) -> dict[str, Any] | None:
        if resource.kind is not Kind.CERTIFICATE or resource.origin is Origin.FILE:
            return None
        order = self._edge.order(resource.id)
        return None if order is None else asdict(order)

    def _operation(self, operation: Operation) -> dict[str, Any]:
        before, after = operation.before, operation.after
        return {
            "operation": operation.verb.value,
            "kind": operation.subject.kind.value,
            "id": operation.subject.id,
            "before": None if before is None else self.resource(before),
            "after": None if after is None else self.resource(after),
        }


def _digest(state: list[Any]) -> str:
    text = json.dumps(state, default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
