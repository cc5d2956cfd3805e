# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests as authorities take them: signed, in the flattened form (RFC 8555, section 6.2)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from .base64url import decoded, encoded
from .keys import SigningKey

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """An account that the authority knows already, and the key that it gave for it."""

    key_id: str
    mac_key: bytes = field(repr=False)

    @classmethod
    def of(cls, key_id: str, mac_key: str) -> Self:
        """Take the key in base64url; raises ValueError, in whose text it is not."""
        return cls(key_id, decoded(mac_key))


def request(
    key: SigningKey, url: str, nonce: str, payload: Document | None, account: str | None = None
) -> bytes:
    """Return the content of a request to ``url``.

    ``payload`` None makes it a POST-as-GET (section 6.3). The key is named by the URL of its
    ``account``, and shown itself while there is none.
    """
    named = {"jwk": key.jwk} if account is None else {"kid": account}
    protected = {"alg": key.algorithm, **named, "nonce": nonce, "url": url}
    return _text(_signed(key, protected, payload))


def key_change(account: str, key: SigningKey, new_key: SigningKey, url: str) -> Document:
    """Return the payload that puts ``new_key`` in the place of an account's key (section 7.3.5)."""
    protected = {"alg": new_key.algorithm, "jwk": new_key.jwk, "url": url}
    return _signed(new_key, protected, {"account": account, "oldKey": key.jwk})


def binding(external: ExternalAccount, key: SigningKey, url: str) -> Document:
    """Return what binds a new account with ``key`` to an external one (section 7.3.4).

    ``url`` is where new accounts are made.
    """
    protected = _part({"alg": "HS256", "kid": external.key_id, "url": url})
    payload = _part(key.jwk)
    mac = hmac.digest(external.mac_key, f"{protected}.{payload}".encode(), hashlib.sha256)
    return {"protected": protected, "payload": payload, "signature": encoded(mac)}


def key_authorization(token: str, key: SigningKey) -> str:
    """Return what shows that the account with ``key`` answers a challenge (section 8.1)."""
    return f"{token}.{key.thumbprint}"


def _signed(key: SigningKey, protected: Document, payload: Document | None) -> Document:
    parts = {
        "protected": _part(protected),
        "payload": "" if payload is None else _part(payload),
    }
    signature = key.sign(f"{parts['protected']}.{parts['payload']}".encode())
    return {**parts, "signature": encoded(signature)}


def _part(document: Document) -> str:
    return encoded(_text(document))


def _text(document: Document) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
