# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes as declared: a module's parameters in, changes and drains out. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from ..._declare.item import Item, Vocabulary
from ..._declare.task import ABSENT, PRESENT, read_items
from ..model import ROUTE, Change, Key
from ..targets import name_of_target
from .task import PurgeScope, read_name, read_owner, read_purge_scope, refuse_duplicates

DRAINED = "drained"
FAIL, FORCE, KEEP = "fail", "force", "keep"

DOCUMENT_OPTIONS = (
    "hosts",
    "paths",
    "targets",
    "redirect",
    "page",
    "rewrite",
    "keep_host",
    "request_fields",
    "response_fields",
    "timeouts",
    "body_limit",
    "balancing",
    "retry",
    "health",
    "rate_limit",
    "maintenance",
    "tls",
    "portal",
)
"""The keys of a route in the proxy's configuration file."""
ALIASES = {"id": "name", "path": "paths", "endpoint": "health"}
"""Names that Portal has for the same, and the API for a name."""
VOCABULARY = Vocabulary(("name", "state") + DOCUMENT_OPTIONS, ALIASES)
_LISTS = ("hosts", "paths")
_MAPPINGS = ("rewrite", "request_fields", "response_fields", "timeouts", "portal")

_OF_PLACE = ("url", "path")

DRAIN_VOCABULARY = Vocabulary(("drain", "drain_timeout", "on_timeout"))
MAXIMUM_TIMEOUT = 24 * 3600.0


class DeclaredRoute(NamedTuple):
    """One entry: the route's name, what it shall be, and which targets are drained.

    ``document`` is None unless the route shall be present. ``targets`` are the names of those that
    ``state: drained`` names.
    """

    item: Item
    name: str
    state: str
    document: Optional[Mapping[str, Any]]
    targets: Tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return (ROUTE, self.name)


class Draining(NamedTuple):
    """How to drain: before removal too, for how many seconds, and what then."""

    before_removal: bool
    timeout: float
    on_timeout: str


class RoutesDeclared(NamedTuple):
    """The whole task."""

    routes: List[DeclaredRoute]
    labels: Mapping[Key, str]
    owner: str
    purge: Optional[PurgeScope]
    draining: Draining

    def drains(self, entry: DeclaredRoute) -> bool:
        """Tell whether targets of the entry's route are waited for."""
        return entry.state == DRAINED or (entry.state == ABSENT and self.draining.before_removal)

    def change(self, entry: DeclaredRoute) -> Change:
        """Return the change that an entry asks for that is present or absent."""
        owner = self.owner if entry.state == PRESENT else None
        return Change(ROUTE, entry.name, entry.document, owner)


def read_routes(params: Mapping[str, Any]) -> RoutesDeclared:
    """Return what a module's parameters declare; raises InvalidInput."""
    purge = read_purge_scope(params)
    owner = read_owner(params)
    draining = _read_draining(params)
    routes = [_read_route(item) for item in read_items(params, VOCABULARY)]
    labels = refuse_duplicates([(entry.item, entry.key) for entry in routes])
    if params.get("config") is None:
        labels = {}
    return RoutesDeclared(routes, labels, owner, purge, draining)


def _read_draining(params: Mapping[str, Any]) -> Draining:
    names = DRAIN_VOCABULARY.names
    item = Item({name: params.get(name) for name in names}, "", DRAIN_VOCABULARY)
    return Draining(
        item.flag("drain", False) or False,
        item.number("drain_timeout", 0, MAXIMUM_TIMEOUT, 60.0),
        item.choice("on_timeout", (FAIL, FORCE, KEEP), FAIL) or FAIL,
    )


def _read_route(item: Item) -> DeclaredRoute:
    name = read_name(item, ROUTE)
    state = item.choice("state", (PRESENT, DRAINED, ABSENT), PRESENT) or PRESENT
    if state == PRESENT:
        return DeclaredRoute(item, name, state, _read_document(item))
    if state == DRAINED:
        return DeclaredRoute(item, name, state, None, _read_drained(item))
    return DeclaredRoute(item, name, state, None)


def _read_document(item: Item) -> Dict[str, Any]:
    document: Dict[str, Any] = {}
    for name in DOCUMENT_OPTIONS:
        if not item.given(name):
            continue
        if name in _LISTS:
            document[name] = item.words(name)
        elif name == "keep_host":
            document[name] = item.flag(name)
        else:
            document[name] = _read_value(item, name)
    if "portal" in document and len(document) > 1:
        other = sorted(set(document) - {"portal"})[0]
        raise item.error("%s does not go with portal, which is all of the route" % other)
    return document


def _read_value(item: Item, name: str) -> Any:
    value = item.get(name)
    if name in _MAPPINGS and not isinstance(value, Mapping):
        # What stands there instead may be a secret, as the value of a field is.
        raise item.error("%s must be a dictionary" % name)
    return value


def _read_drained(item: Item) -> Tuple[str, ...]:
    others = [name for name in DOCUMENT_OPTIONS if name != "targets"]
    item.refuse(others, "state drained, which leaves all but the state of targets as it is")
    value = item.get("targets")
    targets = list(value) if isinstance(value, (list, tuple)) else [value]
    if not targets or value is None:
        raise item.error("targets is required: name those to drain")
    seen: Dict[str, int] = {}
    for index, target in enumerate(targets):
        name = _name_to_drain(item, index, target)
        first = seen.setdefault(name, index)
        if first != index:
            raise item.error(
                "targets[%d]: %s is listed twice, first in targets[%d]" % (index, name, first)
            )
    return tuple(seen)


def _name_to_drain(item: Item, index: int, target: Any) -> str:
    fields = target if isinstance(target, Mapping) else {"url": target}
    beside = sorted(str(name) for name in fields if name not in _OF_PLACE)
    if beside:
        raise item.error(
            "targets[%d]: %s does not go with state drained: name it by its url"
            % (index, beside[0])
        )
    url = fields.get("url")
    if not isinstance(url, str) or not url.strip():
        raise item.error("targets[%d] must be an URL, not %r" % (index, target))
    return name_of_target(fields)
