# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documents as the server has them: hidden from it, where the fleet has a secret."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SHORTEST = 32
"""Characters that a secret has at least."""

_OPEN, _SEALED = b"=", b"*"
_NONCE = 12


class CannotOpen(RuntimeError):
    """A document is not what this node put there, or would have; the text says what to do."""


class Plain:
    """Leaves documents as they are."""

    def seal(self, kind: str, name: str, document: bytes) -> bytes:
        """Return a document as it goes to the server."""
        return _OPEN + document

    def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """Return the document that ``seal`` got. Raises CannotOpen."""
        if sealed[:1] == _SEALED:
            raise CannotOpen("documents there are encrypted: set secret_file as on the other nodes")
        if sealed[:1] != _OPEN:
            raise CannotOpen(f"{kind} {name!r} there is no proxy's: let nobody else write there")
        return sealed[1:]


class Sealing:
    """Encrypts documents (AES-256-GCM), each for its own kind and id: one cannot stand for another.

    ``path`` is where the secret is; one that is too short raises CannotOpen.
    """

    def __init__(self, path: str, secret: bytes) -> None:
        if len(secret) < SHORTEST:
            raise CannotOpen(f"the secret in {path} is too short: have {SHORTEST} characters")
        key = HKDF(SHA256(), 32, None, b"sluice-proxy: documents of a fleet").derive(secret)
        self._cipher = AESGCM(key)

    def seal(self, kind: str, name: str, document: bytes) -> bytes:
        """Return a document as it goes to the server."""
        nonce = os.urandom(_NONCE)
        return _SEALED + nonce + self._cipher.encrypt(nonce, document, _bound_to(kind, name))

    def open(self, kind: str, name: str, sealed: bytes) -> bytes:
        """Return the document that ``seal`` got. Raises CannotOpen."""
        if sealed[:1] != _SEALED:
            raise CannotOpen(
                "documents there are not encrypted: leave secret_file out, or empty the database"
            )
        nonce, text = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
        try:
            return self._cipher.decrypt(nonce, text, _bound_to(kind, name))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(
                f"{kind} {name!r} there was encrypted with another secret, or changed: have the"
                " same secret_file on all nodes"
            ) from error


def _bound_to(kind: str, name: str) -> bytes:
    return f"{kind}\0{name}".encode()
