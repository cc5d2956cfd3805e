# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of ACME that do the same things: ours, and certbot's library."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from running.challenge_responder import ChallengeResponder
from running.pebble import Pebble

Names = Sequence[str]


class Refused(Exception):
    """The authority did not do it; the text is what it said, with the type of the problem."""


@dataclass(frozen=True)
class Place:
    """Where a party is: the authority, and what it finds when it validates."""

    pebble: Pebble
    responder: ChallengeResponder


class Party(ABC):
    """One client with one account; all raise Refused.

    ``answered`` false has a challenge said to be answered that is not.
    """

    @abstractmethod
    def register(
        self,
        contact: Names = (),
        *,
        agreed: bool = True,
        binding: tuple[str, str] | None = None,
    ) -> str:
        """Return whether the account was made or exists; ``binding`` is a key id and its key."""

    @abstractmethod
    def find(self) -> str:
        """Return the status of the account with this key."""

    @abstractmethod
    def update(self, contact: Names) -> str:
        """Return the contacts that the account has then."""

    @abstractmethod
    def deactivate(self) -> str:
        """Return the status of the account then."""

    @abstractmethod
    def pretend(self) -> None:
        """Have an account that is nobody's."""

    @abstractmethod
    def order(
        self, names: Names, challenge_type: str = "dns-01", *, answered: bool = True
    ) -> tuple[bytes, bytes]:
        """Return chain and key (PEM)."""

    @abstractmethod
    def alternates(self, names: Names) -> list[str]:
        """Return who issued the tops of all chains of a certificate, sorted."""

    @abstractmethod
    def finalize(self, names: Names, others: Names, *, early: bool, own_key: bool) -> None:
        """Finalize an order for some names with a request for others.

        It is done before it is authorized (``early``), or with the key of the account.
        """

    @abstractmethod
    def revoke(self, chain: bytes, reason: int = 0, key: bytes | None = None) -> None:
        """Revoke a certificate with the key of the account, or its own."""

    @abstractmethod
    def renewal(self, chain: bytes) -> str:
        """Return when a certificate is to be renewed, empty where the authority does not say."""


def said(do: Callable[[], object]) -> str:
    """Return what comes of an act, without what differs each time."""
    try:
        result = do()
    except Refused as error:
        return f"refused: {_plain(str(error))}"
    return "done" if result is None else str(result)


def issued(got: tuple[bytes, bytes]) -> str:
    """Return what is to be alike in two certificates of the same order."""
    leaf, *upper = x509.load_pem_x509_certificates(got[0])
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    listed = sorted([*names.get_values_for_type(x509.DNSName), *addresses])
    lasts = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    public = leaf.public_key()
    kind = public.curve.name if isinstance(public, ec.EllipticCurvePublicKey) else type(public)
    return f"{', '.join(listed)}; {kind}; {len(upper)} above; {lasts}"


def _plain(text: str) -> str:
    text = re.sub(r"https?://[^\s\"']+", "URL", " ".join(text.split()))
    text = re.sub(r"127\.0\.0\.1:\d+", "PLACE", text)
    # Tokens and identifiers: long, or not quite as long and with a digit.
    return re.sub(r"[\w+/=.-]{40,}|(?=[a-z]*\d)[\w-]{16,}|\b[0-9a-f]{8,16}\b", "ID", text)
