# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS towards clients: certificates, and the policy of each host."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice_proxy.routes.model.host_pattern import HostPattern
from sluice_proxy.routes.model.policies import TlsPolicy


@dataclass(frozen=True, slots=True)
class Pem:
    """PEM text, or the file that has it."""

    file: str | None = None
    text: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A chain, the leaf first, and its key.

    ``hosts`` are the names it is given out for, empty for those that its leaf has. ``expires`` is
    the leaf's last moment in seconds since 1970, None before it was read.
    """

    chain: Pem
    key: Pem
    password: bytes | None = field(default=None, repr=False)
    password_file: str | None = None
    hosts: tuple[str, ...] = ()
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class HostPolicy:
    """The policy of one host pattern."""

    host: HostPattern
    policy: TlsPolicy


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """``strict_sni`` refuses a ClientHello for which there is no certificate.

    Without it the first certificate is shown. ``hosts`` has the policies that differ from
    ``policy``; the most specific pattern wins.
    """

    policy: TlsPolicy = field(default_factory=TlsPolicy)
    strict_sni: bool = False
    hosts: tuple[HostPolicy, ...] = ()
