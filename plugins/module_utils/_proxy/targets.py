# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of a document: their names, and the document with some of them drained. Pure."""

from __future__ import annotations

from typing import Any, Collection, Dict, List, Mapping, Tuple
from urllib.parse import urlsplit

from .._inet.address import parse_address

ACTIVE, DRAINING = "active", "draining"
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_PORTS = {"http": 80, "https": 443}
_UNIX = ("unix:", "http+unix:")


def name_of_target(target: Any) -> str:
    """Return what the proxy calls a target: the same for every spelling of its place.

    ``target`` is an entry of ``targets``, an URL or a mapping with one. What is no URL of a target
    is its own name: the proxy says what is wrong with it.
    """
    if isinstance(target, Mapping):
        url, path = str(target.get("url", "")), str(target.get("path") or "")
    else:
        url, path = str(target), ""
    url = url.strip()
    for beginning in _UNIX:
        if url.startswith(beginning):
            return "http+unix:" + url[len(beginning) :] + path
    try:
        return _from_url(url)
    except ValueError:
        return url


def targets_of(document: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """Return a document's targets as mappings, whichever way they are written."""
    place = _place(document)
    written = place.get("targets")
    if written is None:
        return []
    listed = written if isinstance(written, (list, tuple)) else [written]
    return [dict(each) if isinstance(each, Mapping) else {"url": each} for each in listed]


def with_targets(document: Mapping[str, Any], targets: List[Dict[str, Any]]) -> Dict[str, Any]:
    """Return the document with other targets."""
    changed = dict(_place(document), targets=targets)
    return dict(document, portal=changed) if _of_portal(document) else changed


def drained(document: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """Return the document with the targets of these names draining; itself when they are."""
    targets = targets_of(document)
    chosen = [each for each in targets if name_of_target(each) in names]
    if all(each.get("state") == DRAINING for each in chosen):
        return document
    for each in chosen:
        each["state"] = DRAINING
    return with_targets(document, targets)


def names_of_targets(document: Mapping[str, Any]) -> Tuple[str, ...]:
    """Return the names of a document's targets, in order."""
    return tuple(name_of_target(each) for each in targets_of(document))


def _of_portal(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("portal"), Mapping)


def _place(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return document["portal"] if _of_portal(document) else document


def _from_url(url: str) -> str:
    parts = urlsplit(url)
    scheme = _SCHEMES.get(parts.scheme)
    host = parts.hostname
    if scheme is None or not host:
        return url
    host = "[%s]" % str(parse_address(host)) if ":" in host else host.rstrip(".")
    port = parts.port
    place = host if port in (None, _PORTS[scheme]) else "%s:%d" % (host, port)
    path = "" if parts.path == "/" else parts.path
    return "%s://%s%s%s" % (scheme, place, path, "?" + parts.query if parts.query else "")
