# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which context serves a ClientHello.

The context is chosen before the handshake begins: swapped in a callback during it, only its
certificate would count, and not its minimum version or what it asks of clients.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import TypeAlias

from ..snapshot.snapshot import Snapshot
from ..snapshot.tls_policies import TlsPolicies
from .certificate_names import CertificateNames
from .client_hello import ClientHello
from .server_contexts import ServerContexts
from .server_side import HelloRefused, Later, fatal_alert

PROTOCOLS = ("http/1.1", "http/1.0")
"""What is spoken inside TLS, as ALPN names it (RFC 7301)."""
ACME = b"acme-tls/1"
"""The protocol of a certificate authority that validates a name (RFC 8737)."""

INTERNAL_ERROR = 80
UNRECOGNIZED_NAME = 112
NO_APPLICATION_PROTOCOL = 120

Choice: TypeAlias = ssl.SSLContext | Later
Challenge = Callable[[str], Choice | None]
"""Returns the context that answers the validation of a name, or None."""
OnDemand = Callable[[ClientHello, str], Choice | None]
"""Returns what becomes of a client that names a host without a certificate, None for one that gets
none on demand; raises HelloRefused."""


class ContextChooser:
    """Chooses for one snapshot, whose certificates were read.

    Connections that began under it keep what they have when another one takes its place.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        contexts: ServerContexts,
        *,
        challenge: Challenge | None = None,
        on_demand: OnDemand | None = None,
    ) -> None:
        self._names = CertificateNames(one.hosts for one in snapshot.certificates)
        self._certificates = snapshot.certificates
        self._contexts = contexts
        self._strict = snapshot.tls.strict_sni
        self._challenge = challenge
        self._on_demand = on_demand
        self._protocols = {name.encode() for name in PROTOCOLS}
        self._policies = TlsPolicies(snapshot.tls)

    def context_for(self, hello: ClientHello, came_to: str) -> Choice:
        """Return the context for a client that asked with ``hello``; raises HelloRefused.

        ``came_to`` is the address that it came to, empty when there is none. It counts for a client
        that names no host: those that were told an address do not (RFC 6066, section 3).
        """
        name = hello.server_name
        if hello.alpn and self._protocols.isdisjoint(hello.alpn):
            return self._challenged(name, hello.alpn)
        place = self._names.of_address(came_to) if name is None else self._names.find(name)
        if place is None:
            if self._on_demand is not None and name is not None:
                choice = self._on_demand(hello, came_to)
                if choice is not None:
                    return choice
            if self._strict or not self._certificates:
                raise no_certificate(name)
            place = 0
        try:
            return self._contexts.get(self._certificates[place], self._policies.of(name))
        except (ssl.SSLError, OSError) as error:
            reason = f"the certificate for {name} cannot be used: {error}"
            raise HelloRefused(reason, fatal_alert(INTERNAL_ERROR)) from error

    def _challenged(self, name: str | None, offered: tuple[bytes, ...]) -> Choice:
        if self._challenge is not None and name is not None and offered == (ACME,):
            choice = self._challenge(name)
            if choice is not None:
                return choice
        raise no_protocol(offered)


def no_certificate(name: str | None) -> HelloRefused:
    """Return the refusal of a client for whose host there is no certificate."""
    asked = "no name" if name is None else name
    return HelloRefused(f"no certificate for {asked}", fatal_alert(UNRECOGNIZED_NAME))


def no_protocol(offered: tuple[bytes, ...]) -> HelloRefused:
    """Return the refusal of a client that speaks nothing of ours."""
    reason = f"no protocol in common: {b', '.join(offered[:5])!r}"
    return HelloRefused(reason, fatal_alert(NO_APPLICATION_PROTOCOL))
