# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaves that were made, as documents for a store. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..snapshot.issuing import Provider
from ..snapshot.tls import Certificate
from .issued import Issued, fingerprint, is_pair
from .lifetime import lifetime_of
from .wanting import Wanted

ISSUED = "issued"
"""The kind of these documents in the store; their ids are those of what is wanted."""


class BadLeaf(ValueError):
    """A document is none of a leaf; the text repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate that was made, and for what.

    ``authority`` is the fingerprint of the CA that issued it, empty for a self-signed one.
    """

    issued: Issued
    provider: Provider
    days: int
    authority: str = ""

    @property
    def configured(self) -> Certificate:
        """The certificate as a snapshot has it."""
        return self.issued.configured

    def serves(self, wanted: Wanted) -> bool:
        """Return whether it was made for what is wanted."""
        return (
            self.provider is wanted.provider
            and self.days == wanted.days
            and frozenset(self.issued.names) == frozenset(wanted.names)
        )


def encode_leaf(leaf: Leaf) -> bytes:
    """Return the document of a leaf, its private key in it."""
    return json.dumps(
        {
            "provider": leaf.provider,
            "names": leaf.issued.names,
            "days": leaf.days,
            "authority": leaf.authority,
            "chain": leaf.issued.chain.decode("ascii"),
            "key": leaf.issued.key.decode("ascii"),
        }
    ).encode()


def decode_leaf(document: bytes) -> Leaf:
    """Return the leaf of a document; raises BadLeaf."""
    try:
        read = json.loads(document)
        chain, key = read["chain"].encode("ascii"), read["key"].encode("ascii")
        certificate = x509.load_pem_x509_certificate(chain)
        if not is_pair(certificate, load_pem_private_key(key, None)):
            raise ValueError("chain and key do not belong together")
        issued = Issued(
            names=tuple(map(str, read["names"])),
            chain=chain,
            key=key,
            lifetime=lifetime_of(certificate),
            fingerprint=fingerprint(certificate),
        )
        return Leaf(issued, Provider(read["provider"]), int(read["days"]), str(read["authority"]))
    except (AttributeError, KeyError, TypeError, UnsupportedAlgorithm, ValueError):
        raise BadLeaf("this is no document of a certificate that was made here") from None
