# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patches of one target within the document of a route. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..config.places import target_place
from ..resources.model import Document
from ..routes.model.path_pattern import sent_path

FIELDS = ("state", "weight")


class NoSuchTarget(LookupError):
    """A route has no target of that name; the text says which it has."""


def patched(document: Document, name: str, patch: Mapping[str, Any]) -> Document:
    """Return the document of a route with a merge patch (RFC 7396) made to its target ``name``.

    Routes of Portal's form have their targets within ``portal``. Raises NoSuchTarget.
    """
    if isinstance(document.get("portal"), Mapping):
        portal = document["portal"]
        return {**document, "portal": {**portal, "targets": _patched(portal, name, patch)}}
    return {**document, "targets": _patched(document, name, patch)}


def target_name(entry: Any) -> str | None:
    """Return what status and numbers call a target of a document; None for one that is none."""
    fields = {"url": entry} if isinstance(entry, str) else entry
    if not isinstance(fields, Mapping) or not isinstance(fields.get("url"), str):
        return None
    try:
        target = target_place(fields["url"])
        path = sent_path(str(fields.get("path") or ""))
    except ValueError:
        return None
    return replace(target, path=path or target.path).name


def _patched(holder: Mapping[str, Any], name: str, patch: Mapping[str, Any]) -> list[Any]:
    written = holder.get("targets")
    entries = written if isinstance(written, list) else [] if written is None else [written]
    names = [target_name(entry) for entry in entries]
    if name not in names:
        known = ", ".join(filter(None, names)) or "none at all"
        raise NoSuchTarget(f"the route has no target {name}: it has {known}")
    return [
        _merged(entry, patch) if own == name else entry
        for entry, own in zip(entries, names, strict=True)
    ]


def _merged(entry: Any, patch: Mapping[str, Any]) -> Any:
    fields = {"url": entry} if isinstance(entry, str) else dict(entry)
    for field, value in patch.items():
        if value is None:
            fields.pop(field, None)
        else:
            fields[field] = value
    return fields
