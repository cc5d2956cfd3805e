# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in documents, shown by fingerprint only. Pure."""

from __future__ import annotations

import hashlib
from typing import Any, Iterator, Mapping

SECRET_NAMES = ("key", "password", "secret")
"""Options whose texts are secret, wherever they stand in a document."""
PRIVATE_KEY = "PRIVATE KEY-----"
"""What every PEM text of a private key has in it, under whatever name it was given."""
SECRET_FIELDS = ("authorization", "cookie", "proxy-authorization", "x-auth-token")
"""Fields of requests and responses, in lower case, whose values are."""


def masked(value: Any) -> Any:
    """Return a JSON value with fingerprints in place of its secrets."""
    if isinstance(value, Mapping):
        return {
            name: fingerprint(inner) if _is_secret(name, inner) else masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [masked(inner) for inner in value]
    return value


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the secrets of a JSON value, such as a module's parameters."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if _is_secret(name, inner):
                yield inner
            else:
                yield from secrets_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from secrets_in(inner)
    elif isinstance(value, str) and PRIVATE_KEY in value:
        yield value


def fingerprint(secret: str) -> str:
    """Return what stands for a secret: the same for the same one, and no way back."""
    return "sha256:" + hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()[:16]


def _is_secret(name: Any, value: Any) -> bool:
    if not isinstance(name, str) or not isinstance(value, str) or not value:
        return False
    if PRIVATE_KEY in value:
        return True
    if name == "key" and value.startswith("/"):
        return False  # where the key of a target is, not the key
    return name in SECRET_NAMES or name.lower() in SECRET_FIELDS
