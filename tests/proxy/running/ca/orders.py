# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts, orders and authorizations of an authority (RFC 8555, section 7.1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

import josepy
from cryptography import x509

from running.ca.problem import Problem

HTTP_01, TLS_ALPN_01, DNS_01 = "http-01", "tls-alpn-01", "dns-01"


@dataclass
class Account:
    """Who orders."""

    number: int
    key: josepy.JWK
    contact: list[str]
    status: str = "valid"

    def document(self, base: str) -> dict[str, Any]:
        return {
            "status": self.status,
            "contact": self.contact,
            "orders": f"{base}/account/{self.number}/orders",
        }


@dataclass
class Challenge:
    """One way to show control of an identifier."""

    number: int
    type: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    status: str = "pending"
    error: Problem | None = None

    def document(self, base: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": self.type,
            "url": f"{base}/challenge/{self.number}",
            "token": self.token,
            "status": self.status,
        }
        if self.status == "valid":
            document["validated"] = rfc3339(datetime.now(UTC))
        if self.error is not None:
            document["error"] = self.error.document()
        return document


@dataclass
class Authorization:
    """Whether an account controls an identifier; ``name`` is without ``*.``."""

    number: int
    account: Account
    name: str
    wildcard: bool
    challenges: list[Challenge]
    expires: datetime
    status: str = "pending"

    def document(self, base: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "status": self.status,
            "identifier": identifier(self.name),
            "challenges": [challenge.document(base) for challenge in self.challenges],
            "expires": rfc3339(self.expires),
        }
        return {**document, "wildcard": True} if self.wildcard else document


@dataclass
class Order:
    """What was ordered; ``names`` are as the client wrote them, and ``certificate`` what came."""

    number: int
    account: Account
    names: list[str]
    authorizations: list[Authorization]
    expires: datetime
    profile: str | None = None
    replaces: str | None = None
    finalized: bool = False
    error: Problem | None = None
    certificate: x509.Certificate | None = None

    @property
    def status(self) -> str:
        """Where it stands, as section 7.1.6 has it."""
        states = {authorization.status for authorization in self.authorizations}
        if self.error is not None or "invalid" in states:
            return "invalid"
        if self.certificate is not None:
            return "valid"
        if self.finalized:
            return "processing"
        return "ready" if states == {"valid"} else "pending"

    def document(self, base: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "status": self.status,
            "expires": rfc3339(self.expires),
            "identifiers": [identifier(name) for name in self.names],
            "authorizations": [
                f"{base}/authorization/{authorization.number}"
                for authorization in self.authorizations
            ],
            "finalize": f"{base}/order/{self.number}/finalize",
        }
        if self.certificate is not None:
            document["certificate"] = f"{base}/certificate/{self.certificate.serial_number:x}/0"
        if self.error is not None:
            document["error"] = self.error.document()
        if self.profile is not None:
            document["profile"] = self.profile
        if self.replaces is not None:
            document["replaces"] = self.replaces
        return document


def identifier(name: str) -> dict[str, str]:
    """Return a name or an address as orders have it (RFC 8738)."""
    return {"type": "ip" if is_address(name) else "dns", "value": name}


def is_address(name: str) -> bool:
    """Return whether it is an address of IP."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def types_for(name: str, offered: tuple[str, ...]) -> list[str]:
    """Return what may show control: of a wildcard only DNS, of an address anything but DNS."""
    if name.startswith("*."):
        return [DNS_01] if DNS_01 in offered else []
    return [one for one in offered if one != DNS_01 or not is_address(name)]


def rfc3339(moment: datetime) -> str:
    """Return a moment as ACME writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
