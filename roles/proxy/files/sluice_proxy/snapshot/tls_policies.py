# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which TLS policy a host has."""

from __future__ import annotations

from sluice_proxy.routes.matching.hosts import Hosts
from sluice_proxy.routes.model.host_pattern import normalise_host
from sluice_proxy.routes.model.policies import TlsPolicy
from sluice_proxy.snapshot.tls import TlsSettings


class TlsPolicies:
    """The policies of all hosts: that of the most specific pattern, else the usual one."""

    __slots__ = ("_by_host", "_hosts", "_usual")

    def __init__(self, settings: TlsSettings) -> None:
        self._usual = settings.policy
        self._by_host = {entry.host: entry.policy for entry in settings.hosts}
        self._hosts = Hosts(self._by_host)

    def of(self, host: str | None) -> TlsPolicy:
        """Return the policy of a host, or of a client that named none.

        A request whose Host has another policy than the connection's was set up under belongs to
        another connection: the answer is 421 (RFC 9110, section 15.5.20).
        """
        if host is not None:
            for pattern in self._hosts.matching(normalise_host(host)):
                return self._by_host[pattern]
        return self._usual
