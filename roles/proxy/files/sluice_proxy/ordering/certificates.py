# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as nodes share them. Pure."""

from __future__ import annotations

import json

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..issuing.issued import fingerprint, is_pair
from ..snapshot.issuing import KeyType
from .model import Obtained, Wish
from .policies.renewal import Lifespan

CERTIFICATE = "certificate"
"""The kind of these documents among what is shared; their ids are subjects of wishes."""
KEPT = 7 * 86_400.0
"""Seconds for which a document is kept after its certificate has expired."""


class BadDocument(ValueError):
    """A document is none of a certificate; the text repeats nothing of it."""


class Held:
    """A certificate that was obtained, and what it says itself."""

    __slots__ = ("fingerprint", "lifespan", "obtained")

    def __init__(self, obtained: Obtained) -> None:
        """Read the leaf; raises BadDocument."""
        try:
            leaf = x509.load_pem_x509_certificate(obtained.chain)
        except ValueError:
            raise BadDocument("the chain has no certificate that can be read") from None
        self.obtained = obtained
        self.fingerprint = fingerprint(leaf)
        self.lifespan = Lifespan(
            leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp()
        )


def encode_certificate(obtained: Obtained) -> bytes:
    """Return the document of a certificate, its private key in it."""
    wish = obtained.wish
    return json.dumps(
        {
            "names": wish.names,
            "key_type": wish.key_type,
            "wanted_authority": wish.authority,
            "profile": wish.profile,
            "authority": obtained.authority,
            "chain": obtained.chain.decode("ascii"),
            "key": obtained.key.decode("ascii"),
        }
    ).encode()


def decode_certificate(document: bytes) -> Held:
    """Return the certificate of a document; raises BadDocument."""
    try:
        read = json.loads(document)
        wish = Wish(
            names=tuple(map(str, read["names"])),
            key_type=KeyType(read["key_type"]),
            authority=str(read["wanted_authority"]),
            profile=str(read["profile"]),
        )
        chain, key = read["chain"].encode("ascii"), read["key"].encode("ascii")
        if not is_pair(x509.load_pem_x509_certificate(chain), load_pem_private_key(key, None)):
            raise BadDocument("chain and key do not belong together")
        return Held(Obtained(wish, str(read["authority"]), chain, key))
    except BadDocument:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, UnsupportedAlgorithm):
        raise BadDocument("this is no document of a certificate that was obtained") from None
