# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An authority that issues: one of our own, or mkcert's. No clock and no files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .building import (
    AUTHORITY_DAYS,
    MOST_DAYS,
    SigningKey,
    authority_certificate,
    leaf_certificate,
    new_key,
    self_signed_certificate,
)
from .constraints import DEVELOPMENT, Constraints, constraints_of
from .issued import Issued, certificate_pem, fingerprint, is_pair, issued, key_pem
from .lifetime import Lifetime, lifetime_of
from .names import certificate_names

LEAST_LEFT = timedelta(days=1)
"""What an authority has to have left to issue: a shorter certificate would be due at once."""


class BadAuthority(ValueError):
    """This cannot be used as an authority; the text says why, and what to do."""


class CannotIssue(ValueError):
    """An authority does not issue this; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate with its key, which were checked; see ``new_authority``, ``read_authority``."""

    certificate: x509.Certificate
    key: SigningKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The certificate alone as PEM: what clients are to trust."""
        return certificate_pem(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hexadecimal."""
        return fingerprint(self.certificate)

    @property
    def lifetime(self) -> Lifetime:
        """From when until when the certificate holds."""
        return lifetime_of(self.certificate)

    @property
    def constraints(self) -> Constraints:
        """What it may issue for."""
        return constraints_of(self.certificate)

    @property
    def called(self) -> str:
        """Its name for people."""
        return self.certificate.subject.rfc4514_string()

    def issue(self, names: Iterable[str], now: datetime, *, days: int = MOST_DAYS) -> Issued:
        """Return a new certificate with a new key for ``names``.

        It ends with the authority at the latest. Raises BadName or CannotIssue.
        """
        own = certificate_names(names)
        constraints = self.constraints
        for name in own:
            if not constraints.allow(name):
                raise CannotIssue(
                    f"{name} is outside of what {self.called} may issue for: use a name like"
                    " app.test, or have a CA made that may"
                )
        lifetime = self.lifetime
        if now < lifetime.begins:
            raise CannotIssue(f"{self.called} begins on {_day(lifetime.begins)}: check the clock")
        if lifetime.ends - now < LEAST_LEFT:
            raise CannotIssue(
                f"{self.called} ends on {_day(lifetime.ends)}: have a new CA made, and trusted"
            )
        key = new_key()
        leaf = leaf_certificate(own, key.public_key(), self.certificate, self.key, now, days=days)
        return issued(own, leaf, key)


@dataclass(frozen=True, slots=True)
class AuthorityPem:
    """An authority as its two files have it."""

    certificate: bytes
    key: bytes = field(repr=False)


def new_authority(
    now: datetime,
    *,
    host: str,
    constraints: Constraints = DEVELOPMENT,
    days: int = AUTHORITY_DAYS,
) -> AuthorityPem:
    """Return a new authority of our own; ``host`` is the name of the machine, for people."""
    key = new_key()
    made = authority_certificate(key, now, host=host, constraints=constraints, days=days)
    return AuthorityPem(certificate_pem(made), key_pem(key))


def read_authority(pem: AuthorityPem) -> Authority:
    """Return the authority that PEM texts hold; raises BadAuthority."""
    certificate = read_authority_certificate(pem.certificate)
    key = _key(pem.key)
    if not is_pair(certificate, key):
        raise BadAuthority("the key is not that of the certificate: put the pair back")
    return Authority(certificate, key)


def read_authority_certificate(pem: bytes) -> x509.Certificate:
    """Return the certificate of an authority; raises BadAuthority."""
    certificate = _one_certificate(pem)
    _check_may_issue(certificate)
    return certificate


def self_signed(names: Iterable[str], now: datetime, *, days: int = MOST_DAYS) -> Issued:
    """Return a new certificate for ``names`` that has no issuer; raises BadName."""
    own = certificate_names(names)
    key = new_key()
    return issued(own, self_signed_certificate(own, key, now, days=days), key)


def _one_certificate(text: bytes) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificates(text)
    except ValueError:
        raise BadAuthority("there is no PEM certificate: put it back") from None
    if len(found) != 1:
        raise BadAuthority(f"there are {len(found)} certificates: leave that of the CA alone")
    return found[0]


def _key(text: bytes) -> SigningKey:
    try:
        key = load_pem_private_key(text, None)
    except TypeError:
        raise BadAuthority("the key is encrypted: take its password off") from None
    except (ValueError, UnsupportedAlgorithm):
        raise BadAuthority("there is no PEM private key: put it back") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise BadAuthority("the key is neither RSA nor ECDSA: few clients accept what it signs")
    return key


def _check_may_issue(certificate: x509.Certificate) -> None:
    try:
        extensions = certificate.extensions
        is_authority = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        may_sign = extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except (
        x509.ExtensionNotFound,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        ValueError,
    ):
        # Some clients believe such a one, and strict ones do not.
        is_authority = may_sign = False
    if not (is_authority and may_sign):
        raise BadAuthority(
            "the certificate does not say which key it has, and that it may issue others: use that"
            " of a CA"
        )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"
