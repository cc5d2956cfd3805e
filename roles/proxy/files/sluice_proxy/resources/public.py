# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources as the API, the command line and the modules show them: JSON without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Kind, Leaf, Resource
from .secrets import without_secrets

_DAY = 86_400


def public(
    resource: Resource, now: float, order: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a resource for others to see; ``now`` in seconds since 1970. ``order`` is how that of
    a certificate stands, None for one that is not ordered."""
    shown: dict[str, Any] = {
        "kind": resource.kind.value,
        "id": resource.id,
        "origin": resource.origin.value,
        "owner": resource.owner,
        "version": resource.version,
        "document": without_secrets(resource),
    }
    if resource.kind is Kind.CERTIFICATE:
        shown["certificate"] = None if resource.leaf is None else _leaf(resource.leaf, now)
        shown["order"] = order
    return shown


def _leaf(leaf: Leaf, now: float) -> dict[str, Any]:
    return {
        "provider": leaf.provider,
        "names": list(leaf.names),
        "fingerprint": leaf.fingerprint,
        "not_before": leaf.not_before,
        "not_after": leaf.not_after,
        "days_left": round((leaf.not_after - now) / _DAY, 2),
        "issuer": leaf.issuer,
        "serial": leaf.serial,
    }
