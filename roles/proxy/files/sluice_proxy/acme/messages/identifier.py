# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What certificates are for (RFC 8555, section 9.7.7; RFC 8738)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Self


@dataclass(frozen=True, slots=True)
class Identifier:
    """``type`` is ``dns`` or ``ip``; the value of a wildcard begins with ``*.`` in an order, and
    not in an authorization."""

    type: str
    value: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Return the identifier for a name of a certificate: a DNS name, or an address."""
        try:
            return cls("ip", str(ip_address(name)))
        except ValueError:
            return cls("dns", name.lower())
