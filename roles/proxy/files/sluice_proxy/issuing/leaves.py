# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaves that were made or ordered, as documents for a store. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..snapshot.issuing import KeyType, Provider
from ..snapshot.tls import Certificate
from .issued import Issued, fingerprint, is_pair
from .lifetime import lifetime_of
from .terms import Terms
from .wanting import Wanted

ISSUED = "issued"
"""The kind of these documents in the store; their ids are those of what is wanted."""
_NO_LEAF = (AttributeError, KeyError, TypeError, UnsupportedAlgorithm, ValueError)


class BadLeaf(ValueError):
    """A document is none of a leaf; the text repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate that was made or ordered, and for what.

    ``authority`` is the fingerprint of the CA that issued it, empty for a self-signed one; of one
    that was ordered it is the name of the authority, and ``terms`` are those that it was ordered
    by.
    """

    issued: Issued
    provider: Provider
    days: int
    authority: str = ""
    terms: Terms | None = None

    @property
    def configured(self) -> Certificate:
        """The certificate as a snapshot has it."""
        return self.issued.configured

    def serves(self, wanted: Wanted) -> bool:
        """Return whether it was made or ordered for what is wanted."""
        ordered = self.provider is Provider.ACME
        return (
            self.provider is wanted.provider
            and (self.terms == wanted.terms if ordered else self.days == wanted.days)
            and frozenset(self.issued.names) == frozenset(wanted.names)
        )


def ordered_leaf(
    names: tuple[str, ...], terms: Terms, authority: str, chain: bytes, key: bytes
) -> Leaf:
    """Return the leaf that an authority issued, by PEM. Raises BadLeaf."""
    try:
        return Leaf(_issued(names, chain, key), Provider.ACME, 0, authority, terms)
    except _NO_LEAF:
        raise BadLeaf("this is no certificate with its key") from None


def encode_leaf(leaf: Leaf) -> bytes:
    """Return the document of a leaf, its private key in it."""
    document = {
        "provider": leaf.provider,
        "names": leaf.issued.names,
        "days": leaf.days,
        "authority": leaf.authority,
        "chain": leaf.issued.chain.decode("ascii"),
        "key": leaf.issued.key.decode("ascii"),
    }
    if leaf.terms is not None:
        document["terms"] = asdict(leaf.terms)
    return json.dumps(document).encode()


def decode_leaf(document: bytes) -> Leaf:
    """Return the leaf of a document; raises BadLeaf."""
    try:
        read = json.loads(document)
        issued = _issued(
            tuple(map(str, read["names"])),
            read["chain"].encode("ascii"),
            read["key"].encode("ascii"),
        )
        return Leaf(
            issued,
            Provider(read["provider"]),
            int(read["days"]),
            str(read["authority"]),
            _terms(read.get("terms")),
        )
    except _NO_LEAF:
        raise BadLeaf("this is no document of a certificate that was made here") from None


def _issued(names: tuple[str, ...], chain: bytes, key: bytes) -> Issued:
    certificate = x509.load_pem_x509_certificate(chain)
    if not is_pair(certificate, load_pem_private_key(key, None)):
        raise ValueError("chain and key do not belong together")
    return Issued(
        names=names,
        chain=chain,
        key=key,
        lifetime=lifetime_of(certificate),
        fingerprint=fingerprint(certificate),
    )


def _terms(read: Mapping[str, str] | None) -> Terms | None:
    """Return the terms of a document; earlier releases ordered nothing."""
    if read is None:
        return None
    return Terms(KeyType(read["key_type"]), str(read["authority"]), str(read["profile"]))
