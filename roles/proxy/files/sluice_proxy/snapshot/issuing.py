# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificates the proxy makes or orders. The supervisor does; workers only show them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sluice_proxy.routes.model.host_pattern import HostPattern


class Provider(StrEnum):
    """Who vouches for a certificate that the proxy gets by itself: the certificate itself, the
    development CA, or authorities that are asked by ACME (RFC 8555)."""

    SELF_SIGNED = "self_signed"
    LOCAL_CA = "local_ca"
    ACME = "acme"


class ChallengeType(StrEnum):
    """How control of an identifier is shown (RFC 8555, section 8; RFC 8737)."""

    HTTP_01 = "http-01"
    TLS_ALPN_01 = "tls-alpn-01"
    DNS_01 = "dns-01"


class KeyType(StrEnum):
    """What key a certificate gets."""

    P256 = "p256"
    P384 = "p384"
    RSA_2048 = "rsa2048"
    RSA_3072 = "rsa3072"
    RSA_4096 = "rsa4096"


@dataclass(frozen=True, slots=True)
class ExternalAccount:
    """An account that the authority knows already (RFC 8555, section 7.3.4); ``key_file`` has the
    MAC key in base64url."""

    key_id: str
    key_file: str


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """An ACME server, by the URL of its ``directory``.

    ``trust_file`` has the CA of its own TLS, None for those of the system. A ``staging`` one issues
    for trials alone: what failed at a real one is tried there first. No more than ``most_orders``
    are made within ``order_window`` seconds.
    """

    name: str
    directory: str
    contact: tuple[str, ...] = ()
    terms_agreed: bool = False
    external_account: ExternalAccount | None = None
    profile: str = ""
    preferred_chain: str = ""
    trust_file: str | None = None
    staging: bool = False
    most_orders: int = 250
    order_window: float = 10_800.0


@dataclass(frozen=True, slots=True)
class DnsUpdate:
    """A DNS server that takes updates (RFC 2136), signed (RFC 8945) with the key that ``key_file``
    has in base64; ``zone`` is found where it is empty."""

    server: str
    port: int = 53
    key_name: str = ""
    key_file: str = ""
    algorithm: str = "hmac-sha256"
    zone: str = ""
    ttl: int = 60


@dataclass(frozen=True, slots=True)
class DnsHook:
    """A program that is called ``PROGRAM set|unset NAME VALUE``, and ends with 0 when clients can
    see the record, or when it is gone. ``timeout`` is in seconds."""

    program: str
    timeout: float = 120.0


@dataclass(frozen=True, slots=True)
class Acme:
    """How certificates are ordered.

    ``authorities`` are asked in their order; ``challenges`` are tried in their order. ``dns``
    answers dns-01, None where nobody can. ``propagation`` is the seconds for which a record is
    waited for at its servers. A certificate whose authority does not say when is renewed after
    ``renew_after`` of its lifetime.
    """

    authorities: tuple[CertificateAuthority, ...]
    challenges: tuple[ChallengeType, ...] = (ChallengeType.HTTP_01, ChallengeType.TLS_ALPN_01)
    key_type: KeyType = KeyType.P256
    dns: DnsUpdate | DnsHook | None = None
    propagation: float = 60.0
    renew_after: float = 2 / 3


@dataclass(frozen=True, slots=True)
class OnDemand:
    """Certificates that are ordered when a client first asks for a name.

    That has to be of a route, of ``names``, or one for which the URL ``ask`` answers 2xx. A client
    waits for ``wait`` seconds at most. No more than ``most`` names have certificates by this.
    """

    names: tuple[HostPattern, ...] = ()
    ask: str | None = None
    ask_timeout: float = 5.0
    wait: float = 30.0
    most: int = 10_000


@dataclass(frozen=True, slots=True)
class Issuing:
    """``provider`` has the certificates of routes, None none: of those that ask for one, and of
    all when ``all_routes``.

    ``folder`` has the development CA, which is made there; with ``mkcert`` that of mkcert is used
    where it is installed. ``names`` may be asked for though no route has them. ``acme`` is there
    when that is the provider; ``on_demand`` is None where all certificates are ordered ahead.
    """

    provider: Provider | None = None
    all_routes: bool = False
    folder: str = "/var/lib/sluice-proxy/ca"
    mkcert: bool = False
    names: tuple[HostPattern, ...] = ()
    acme: Acme | None = None
    on_demand: OnDemand | None = None
