# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority allows, and what it knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import josepy
from cryptography import x509

from running.ca.issuer import Issuer, certificate_id
from running.ca.orders import (
    DNS_01,
    HTTP_01,
    TLS_ALPN_01,
    Account,
    Authorization,
    Challenge,
    Order,
    types_for,
)
from running.ca.problem import Problem

_PATIENCE = timedelta(days=7)


@dataclass
class Rules:
    """A test changes them at any time; they hold for what is asked from then on.

    Certificates are valid for ``lifetime``, those of a profile for what ``profiles`` says.
    """

    lifetime: timedelta = timedelta(days=90)
    profiles: dict[str, timedelta] = field(default_factory=dict)
    external_accounts: dict[str, str] = field(default_factory=dict)
    """MAC keys in base64url by key identifier; with any of them every account needs one."""
    terms: bool = True
    """Whether there are terms of service, to be agreed to."""
    challenges: tuple[str, ...] = (HTTP_01, TLS_ALPN_01, DNS_01)
    http_to: tuple[str, int] | None = None
    """Where http-01 is really validated, for all names; None to take every word for it. The other
    types are always believed."""
    ari: bool = True
    """Whether there is renewal information (RFC 9773)."""
    renewal_retry_after: str = "21600"
    stuck: str = ""
    """``pending`` or ``processing``: orders stay so for ever."""
    poll_after: str | None = None
    """The Retry-After of what is not done yet."""
    blocked: dict[str, Problem] = field(default_factory=dict)
    """Names for which no order is taken."""
    refused: dict[str, Problem] = field(default_factory=dict)
    """Names whose validation fails."""
    not_issued: Problem | None = None
    """What becomes of orders that are finalized."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(frozen=True)
class Window:
    """When a certificate is to be renewed, and a page that says why it is so."""

    start: datetime
    end: datetime
    explanation: str | None = None


class Records:
    """Accounts, orders and certificates."""

    def __init__(self, rules: Rules, roots: tuple[str, ...]) -> None:
        self._rules = rules
        self._numbers = count(1)
        self.issuer = Issuer(roots, rules.now())
        self.accounts: dict[int, Account] = {}
        self.orders: dict[int, Order] = {}
        self.authorizations: dict[int, Authorization] = {}
        self.challenges: dict[int, tuple[Authorization, Challenge]] = {}
        self.certificates: dict[int, Order] = {}
        self.revoked: dict[int, int] = {}
        """Reasons by serial number."""
        self.windows: dict[str, Window] = {}
        """Those that a test set, by what renewal information is asked with."""

    def account_of(self, key: josepy.JWK) -> Account | None:
        """Return who has this key."""
        return next((one for one in self.accounts.values() if one.key == key), None)

    def add_account(self, key: josepy.JWK, contact: list[str]) -> Account:
        """Return a new one."""
        account = Account(next(self._numbers), key, contact)
        self.accounts[account.number] = account
        return account

    def add_order(self, account: Account, names: list[str], profile: str | None) -> Order:
        """Return a new one, with nothing validated yet."""
        expires = self._rules.now() + _PATIENCE
        order = Order(
            next(self._numbers),
            account,
            names,
            [self._authorize(account, name, expires) for name in names],
            expires,
            profile,
        )
        self.orders[order.number] = order
        return order

    def _authorize(self, account: Account, name: str, expires: datetime) -> Authorization:
        challenges = [
            Challenge(next(self._numbers), kind) for kind in types_for(name, self._rules.challenges)
        ]
        one = Authorization(
            next(self._numbers),
            account,
            name.removeprefix("*."),
            name.startswith("*."),
            challenges,
            expires,
        )
        self.authorizations[one.number] = one
        self.challenges.update({challenge.number: (one, challenge) for challenge in challenges})
        return one

    def issue(self, order: Order, csr: x509.CertificateSigningRequest) -> None:
        """Have the certificate of an order there."""
        rules = self._rules
        start = rules.now().replace(microsecond=0)
        lifetime = rules.profiles.get(order.profile or "", rules.lifetime)
        certificate = self.issuer.issue(csr, order.names, (start, start + lifetime))
        order.certificate = certificate
        self.certificates[certificate.serial_number] = order

    def by_id(self, name: str) -> Order | None:
        """Return the order of a certificate, by what renewal information is asked with."""
        for order in self.certificates.values():
            if order.certificate is not None and certificate_id(order.certificate) == name:
                return order
        return None

    def window(self, certificate: x509.Certificate) -> Window:
        """Return when to renew: around two thirds of the lifetime where a test says nothing."""
        told = self.windows.get(certificate_id(certificate))
        if told is not None:
            return told
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        middle, part = start + (end - start) * 2 / 3, (end - start) / 50
        return Window(middle - part, middle + part)

    def replaced(self, name: str) -> bool:
        """Return whether an order that did not fail replaces this certificate."""
        return any(
            order.replaces == name and order.status != "invalid" for order in self.orders.values()
        )
