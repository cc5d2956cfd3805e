# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Portal's routes, certificates and errors as resources, and back. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from ..resources.model import Declare, Document, Kind, Resource
from ..routes.portal import portal_hosts, portal_path

OWNER = "portal"
PAGES = {"no-routes": "no_route", "no-healthy": "no_healthy"}
"""Portal's errors, and the pages that they are."""

_ALWAYS: Mapping[str, Any] = {
    "subdomain": "", "domain": "", "path": "", "targets": None, "fwdpath": "", "page": "",
}  # fmt: skip
_PREFIX = "portal:"
_LONGEST = 200
_KEPT = 160


class NotPortals(ValueError):
    """Something is not in Portal's form; one line."""


def route_of(value: Any) -> Declare:
    """Return what declares a route of Portal's JSON; raises NotPortals.

    What is empty or null there is left out: it means the same.
    """
    fields = _object(value, "a route")
    written = {name: one for name, one in fields.items() if one not in (None, "", 0, [])}
    return Declare(Kind.ROUTE, route_id(fields), {"portal": written}, owner=OWNER)


def route_id(fields: Mapping[str, Any]) -> str:
    """Return the id of the route with this subdomain, domain and path; raises NotPortals."""
    places = [fields.get(name) or "" for name in ("subdomain", "domain", "path")]
    if not all(isinstance(place, str) for place in places):
        raise NotPortals("subdomain, domain and path have to be texts")
    subdomain, domain, path = places
    try:
        own = f"{_PREFIX}{portal_hosts(subdomain, domain)}{portal_path(path)}"
    except ValueError as error:
        raise NotPortals(str(error)) from None
    if len(own) <= _LONGEST:
        return own
    return f"{own[:_KEPT]}~{hashlib.sha256(own.encode()).hexdigest()[:32]}"


def route_shown(document: Document) -> dict[str, Any]:
    """Return a route as Portal's JSON has it, with what is always there."""
    fields = dict(document["portal"])
    targets = fields.get("targets") or None
    if isinstance(targets, list):
        fields["targets"] = [one if isinstance(one, str) else one.get("url") for one in targets]
    elif targets is not None:
        fields["targets"] = [targets]
    page = fields.get("page")
    if isinstance(page, Mapping):
        fields["page"] = page.get("content", "")
    return {**_ALWAYS, **fields}


def certificate_of(value: Any) -> Declare:
    """Return what declares a certificate of Portal's JSON; raises NotPortals."""
    fields = _object(value, "a certificate")
    unknown = sorted(set(fields) - {"cert", "key"})
    if unknown:
        raise NotPortals(f"there is no {unknown[0][:80]!r}: a certificate has cert and key")
    document = {"provider": "given", "chain": fields.get("cert"), "key": fields.get("key")}
    return Declare(Kind.CERTIFICATE, certificate_id(fields), document, owner=OWNER)


def certificate_id(fields: Mapping[str, Any]) -> str:
    """Return the id of a certificate by its PEM; raises NotPortals."""
    pem = fields.get("cert")
    if not isinstance(pem, str):
        raise NotPortals("cert is missing: write the certificate as PEM")
    try:
        leaf = x509.load_pem_x509_certificates(pem.encode())[0]
    except ValueError:
        raise NotPortals("cert has no PEM certificate: the leaf comes first") from None
    return f"{_PREFIX}{leaf.fingerprint(hashes.SHA256()).hex()[:32]}"


def certificate_shown(resource: Resource) -> dict[str, Any]:
    """Return a certificate as Portal's JSON has it, but for its key, which never leaves."""
    leaf = resource.leaf
    return {
        "cert": resource.document.get("chain", ""),
        "key_fingerprint": "" if leaf is None else leaf.key_fingerprint,
    }


def errors_of(value: Any) -> list[Declare]:
    """Return what declares the pages of Portal's errors; raises NotPortals."""
    fields = _object(value, "the content")
    for name, text in fields.items():
        if name not in PAGES:
            raise NotPortals(f"there is no error {name[:80]!r}: use {' or '.join(PAGES)}")
        if not isinstance(text, str):
            raise NotPortals(f"{name} is no text")
    return [
        Declare(Kind.PAGE, PAGES[name], {"content": text}, owner=OWNER)
        for name, text in fields.items()
    ]


def page_shown(document: Document) -> str:
    """Return the text of a page; empty where a file has it."""
    return str(document.get("content", ""))


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotPortals(f"{what} is no object: write {{…}}")
    return value
