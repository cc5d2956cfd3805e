# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate is for a server name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class CertificateNames:
    """The places of certificates by their names: exact ones first, then wildcards.

    A wildcard stands for one whole label (RFC 9525, section 6.3). Where two certificates have one
    name, the earlier one is shown. Addresses are names, but no wildcard stands for one.
    """

    __slots__ = ("_exact", "_wildcards")

    def __init__(self, names: Iterable[Sequence[str]]) -> None:
        self._exact: dict[str, int] = {}
        self._wildcards: dict[str, int] = {}
        for place, of_one in enumerate(names):
            for name in of_one:
                if name.startswith("*."):
                    self._wildcards.setdefault(name[2:], place)
                else:
                    self._exact.setdefault(name, place)

    def find(self, name: str) -> int | None:
        """Return the place of the certificate for ``name`` in lower case, or None."""
        place = self._exact.get(name)
        if place is None:
            place = self._wildcards.get(name.partition(".")[2])
        return place

    def of_address(self, address: str) -> int | None:
        """Return the place of the certificate for an IP address, or None."""
        return self._exact.get(address)


def may_be_certified(name: str) -> bool:
    """Return whether a host name of TLS, in lower case, can be in a certificate.

    No authority certifies an underscore, and what ends with a number is an address.
    """
    return "_" not in name and not name.rpartition(".")[2].isdigit()
