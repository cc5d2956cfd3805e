# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources as documents of the store: bytes with a form number.

A form that was ever written stays readable. What cannot be read is told by Unreadable, for the
caller to leave out and report: one bad item takes nothing else down.
"""

from __future__ import annotations

import json

from ..store.items import Item, Key
from .model import Kind, Resource

FORM = 1


class Unreadable(ValueError):
    """An item of the store is no resource; the text says why and repeats nothing of it."""


def key_of(kind: Kind, name: str) -> Key:
    """Return where a resource is in the store."""
    return Key(kind.value, name)


def encode(resource: Resource) -> bytes:
    """Return owner and document of a resource as the store keeps them."""
    whole = {"form": FORM, "owner": resource.owner, "document": dict(resource.document)}
    return json.dumps(whole, separators=(",", ":"), allow_nan=False).encode("ascii")


def decode(item: Item) -> Resource:
    """Return the resource of an item of one of our kinds; raises Unreadable."""
    try:
        whole = json.loads(item.document)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON: declare it anew, or remove it") from None
    form = whole.get("form") if isinstance(whole, dict) else None
    if not isinstance(form, int) or isinstance(form, bool) or form < 1:
        raise Unreadable("it has no form number: declare it anew, or remove it")
    if form > FORM:
        raise Unreadable(
            f"it has form {form} of a later release, and this one knows {FORM}: use that release,"
            " or declare it anew"
        )
    owner, document = whole.get("owner"), whole.get("document")
    if not isinstance(owner, str) or not isinstance(document, dict):
        raise Unreadable("it has no owner or no document: declare it anew, or remove it")
    return Resource(Kind(item.key.kind), item.key.id, document, owner, item.version)
