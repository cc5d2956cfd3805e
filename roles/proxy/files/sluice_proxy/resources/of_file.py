# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the configuration file declares, as resources that the API shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config.loading import Base
from .leaves import leaf_of
from .model import Kind, Origin, Resource

ByKind = Mapping[Kind, Mapping[str, Resource]]


def resources_of(base: Base) -> ByKind:
    """Return the resources of a file: certificates are called as errors call them."""
    return {
        Kind.ROUTE: _routes(base),
        Kind.CERTIFICATE: _certificates(base),
        Kind.PAGE: _pages(base),
    }


def _routes(base: Base) -> dict[str, Resource]:
    written = base.written("routes") or ()
    found = {}
    for route, whole in zip(base.snapshot.routes, written, strict=True):
        document = {key: value for key, value in whole.items() if key != "name"}
        found[route.name] = _resource(Kind.ROUTE, route.name, document)
    return found


def _certificates(base: Base) -> dict[str, Resource]:
    written = base.written("certificates") or ()
    found = {}
    for place, (certificate, whole) in enumerate(
        zip(base.snapshot.certificates, written, strict=True)
    ):
        name = f"certificates[{place}]"
        leaf = leaf_of("file", certificate)
        document = {"provider": "file", **whole}
        found[name] = Resource(Kind.CERTIFICATE, name, document, origin=Origin.FILE, leaf=leaf)
    return found


def _pages(base: Base) -> dict[str, Resource]:
    section = base.written("pages") or {}
    written = {**{str(key): page for key, page in (section.get("errors") or {}).items()}, **section}
    found = {}
    for name in base.pages:
        page: Any = written[name]
        document = {"content": page} if isinstance(page, str) else page
        found[name] = _resource(Kind.PAGE, name, document)
    return found


def _resource(kind: Kind, name: str, document: Mapping[str, Any]) -> Resource:
    return Resource(kind, name, document, origin=Origin.FILE)
