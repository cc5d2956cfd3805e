# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in documents: never shown, and kept by who writes back what was shown.

Instead of a secret a document shows its fingerprint. In one that is declared, the fingerprint of
the secret that is there already stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ..config.problems import Path
from .model import Document, Kind, Resource

KEY, KEY_FINGERPRINT = "key", "key_fingerprint"
SECRET, SECRET_FINGERPRINT = "secret", "secret_fingerprint"
_STICKY = ("balancing", "sticky")
_PASSWORDS = ("password", "password_file")
_SHOWN = 16
"""Hexadecimal digits of a cookie's secret's fingerprint: they tell two apart, and little else."""


class Unknown(ValueError):
    """A fingerprint stands for nothing that is there; ``path`` is where it is written."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def without_secrets(resource: Resource) -> dict[str, Any]:
    """Return the document of a resource for everybody to see."""
    document = dict(resource.document)
    if resource.kind is Kind.CERTIFICATE:
        for name in _PASSWORDS:
            document.pop(name, None)
        if document.pop(KEY, None) is not None and resource.leaf is not None:
            document[KEY_FINGERPRINT] = resource.leaf.key_fingerprint
    elif resource.kind is Kind.ROUTE:
        sticky = _sticky(document)
        if sticky is not None and SECRET in sticky:
            shown = {key: value for key, value in sticky.items() if key != SECRET}
            shown[SECRET_FINGERPRINT] = _fingerprint(sticky[SECRET])
            document = _with_sticky(document, shown)
    return document


def with_secrets(document: Document, kind: Kind, before: Resource | None) -> Document:
    """Return a document that is declared with the secrets that its fingerprints stand for.

    ``before`` is the resource that is there already. Raises Unknown.
    """
    if not isinstance(document, Mapping):
        # Whoever reads it says that.
        return document
    if kind is Kind.CERTIFICATE and KEY_FINGERPRINT in document and KEY not in document:
        leaf = None if before is None else before.leaf
        if before is None or leaf is None or KEY not in before.document:
            raise Unknown((KEY_FINGERPRINT,), "no key is here that it stands for: write the key")
        if document[KEY_FINGERPRINT] != leaf.key_fingerprint:
            message = "the key that is here has another fingerprint: write the key"
            raise Unknown((KEY_FINGERPRINT,), message)
        whole = {name: value for name, value in document.items() if name != KEY_FINGERPRINT}
        return {**whole, KEY: before.document[KEY]}
    if kind is Kind.ROUTE:
        sticky = _sticky(document)
        if sticky is not None and SECRET_FINGERPRINT in sticky and SECRET not in sticky:
            path = (*_STICKY, SECRET_FINGERPRINT)
            former = None if before is None else _sticky(before.document)
            secret = None if former is None else former.get(SECRET)
            if secret is None or _fingerprint(secret) != sticky[SECRET_FINGERPRINT]:
                raise Unknown(path, "no secret is here that it stands for: write the secret")
            shown = {key: value for key, value in sticky.items() if key != SECRET_FINGERPRINT}
            return _with_sticky(document, {**shown, SECRET: secret})
    return document


def _sticky(document: Any) -> Mapping[str, Any] | None:
    found = document
    for name in _STICKY:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _with_sticky(document: Document, sticky: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "balancing": {**document["balancing"], "sticky": dict(sticky)}}


def _fingerprint(secret: object) -> str:
    return sha256(str(secret).encode(errors="replace")).hexdigest()[:_SHOWN]
