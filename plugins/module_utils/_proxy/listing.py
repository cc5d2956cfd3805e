# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing what a proxy has as declarations, with what it knows beside them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from .._converge.errors import Unavailable
from .._declare.item import Item, Vocabulary
from .client import AdminSocket
from .declared.task import read_socket
from .driver import Api, ProxyDriver
from .model import CERTIFICATE, GIVEN, OF_FILE, ROUTE, Entry
from .orders import described
from .targets import targets_of, with_targets

STATUS = "/status"
_VOCABULARY = Vocabulary(("name", "owner"))
_USUAL_TARGET = {"weight": 1, "state": "active"}


def list_routes(params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the routes that a module's parameters select; reads only."""
    api = AdminSocket(read_socket(params))
    entries = _entries(api, ROUTE, params)
    result = {
        "routes": [declared_route(entry) for entry in entries if entry.origin != OF_FILE],
        "details": [_described(entry, document=dict(entry.document)) for entry in entries],
    }
    if params.get("status"):
        told = _status_of_routes(api)
        for detail in result["details"]:
            detail["status"] = told.get(detail["name"])
    return result


def list_certificates(params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the certificates that a module's parameters select; reads only."""
    entries = _entries(AdminSocket(read_socket(params)), CERTIFICATE, params)
    return {
        "certificates": [
            declared_certificate(entry) for entry in entries if entry.origin != OF_FILE
        ],
        "details": [_described_certificate(entry) for entry in entries],
    }


def declared_route(entry: Entry) -> Dict[str, Any]:
    """Return the options that declare a route, its targets as mappings with their defaults."""
    document = entry.document
    targets = [dict(_USUAL_TARGET, **target) for target in targets_of(document)]
    if targets:
        document = with_targets(document, targets)
    return dict({"name": entry.id}, **document)


def declared_certificate(entry: Entry) -> Dict[str, Any]:
    """Return the options that declare a certificate.

    Of one that was given that is its fingerprint: it stands for what is there, as nobody is told
    a key.
    """
    if entry.document.get("provider") == GIVEN:
        fingerprint = entry.certificate.get("fingerprint")
        return {"name": entry.id, "provider": GIVEN, "fingerprint": fingerprint}
    return dict({"name": entry.id}, **entry.document)


def _entries(api: Api, kind: str, params: Mapping[str, Any]) -> List[Entry]:
    item = Item({name: params.get(name) for name in _VOCABULARY.names}, "", _VOCABULARY)
    names = item.words("name")
    owner = item.text("owner")
    if names == []:
        return []
    _revision, entries = ProxyDriver(api).read(kind, names or (), owner)
    return sorted(entries, key=lambda entry: entry.id)


def _described(entry: Entry, **more: Any) -> Dict[str, Any]:
    return dict(
        {
            "name": entry.id,
            "origin": entry.origin,
            "owner": entry.owner,
            "version": entry.version,
        },
        **more,
    )


def _described_certificate(entry: Entry) -> Dict[str, Any]:
    document, told = entry.document, entry.certificate
    hosts = document.get("hosts")
    return _described(
        entry,
        provider=told.get("provider") or document.get("provider") or OF_FILE,
        names=list(told.get("names") or document.get("names") or ()),
        hosts=[hosts] if isinstance(hosts, str) else list(hosts or ()),
        fingerprint=told.get("fingerprint"),
        key_fingerprint=document.get("key_fingerprint"),
        not_before=told.get("not_before"),
        not_after=told.get("not_after"),
        days_left=told.get("days_left"),
        issuer=told.get("issuer"),
        serial=told.get("serial"),
        order=described(entry) if entry.order else None,
    )


def _status_of_routes(api: Api) -> Dict[str, Optional[Dict[str, Any]]]:
    answer = api.get(STATUS)
    try:
        return {route["name"]: dict(route) for route in answer.body["routes"]}
    except (KeyError, TypeError, ValueError):
        raise Unavailable(
            "the proxy does not tell its status (status %d): upgrade it with the role "
            "sluice.edge.proxy" % answer.status
        ) from None
