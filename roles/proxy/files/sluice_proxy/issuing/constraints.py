# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an authority may issue for: name constraints (RFC 5280, section 4.2.1.10). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from cryptography import x509

from .names import as_address

Network = IPv4Network | IPv6Network
Subtree = str | Network
"""A domain, which stands for itself and all names below it, or a network; "" is every domain."""

_EVERY_NETWORK: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@dataclass(frozen=True, slots=True)
class Constraints:
    """A name of a kind (DNS name, address) that ``permitted`` names has to be in one of its
    subtrees; no name may be in one of ``excluded``."""

    permitted: tuple[Subtree, ...] = ()
    excluded: tuple[Subtree, ...] = ()

    def allow(self, name: str) -> bool:
        """Return whether a certificate for ``name`` is believed."""
        permitted = [tree for tree in self.permitted if _is_of_kind(tree, name)]
        if permitted and not any(_covers(tree, name) for tree in permitted):
            return False
        return not any(_covers(tree, name) for tree in self.excluded if _is_of_kind(tree, name))

    def extension(self) -> x509.NameConstraints | None:
        """Return the extension of the authority, None when all is allowed."""
        if not (self.permitted or self.excluded):
            return None
        return x509.NameConstraints(
            [_general_name(tree) for tree in self.permitted] or None,
            [_general_name(tree) for tree in self.excluded] or None,
        )


UNCONSTRAINED = Constraints()


def limited_to(domains: Iterable[str], networks: Iterable[Network]) -> Constraints:
    """Return constraints that allow ``domains`` and ``networks``, and nothing else.

    A kind of which there is none would be free for all: it is excluded as a whole.
    """
    of_names, of_addresses = tuple(domains), tuple(networks)
    excluded: tuple[Subtree, ...] = () if of_names else ("",)
    return Constraints(
        (*of_names, *of_addresses), excluded if of_addresses else (*excluded, *_EVERY_NETWORK)
    )


def constraints_of(authority: x509.Certificate) -> Constraints:
    """Return what an authority's certificate says; kinds of names of no use here are left out."""
    try:
        found = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return UNCONSTRAINED
    return Constraints(
        tuple(_subtrees(found.permitted_subtrees)), tuple(_subtrees(found.excluded_subtrees))
    )


# RFC 2606 and 6761, RFC 6762, RFC 8375, and what ICANN keeps for private use.
_DEVELOPMENT_DOMAINS = ("test", "localhost", "example", "local", "home.arpa", "internal")
_DEVELOPMENT_NETWORKS = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "::1/128", "fc00::/7", "fe80::/10",
    "2001:db8::/32",
)  # fmt: skip
DEVELOPMENT = limited_to(_DEVELOPMENT_DOMAINS, map(ip_network, _DEVELOPMENT_NETWORKS))
"""Names and addresses that are nobody's in the internet. Whoever gets hold of the key of an
authority that many machines trust can pretend to be one of these, and not a bank."""


def _is_of_kind(tree: Subtree, name: str) -> bool:
    return isinstance(tree, str) == (as_address(name) is None)


def _covers(tree: Subtree, name: str) -> bool:
    """Return whether a subtree of the name's kind has it."""
    if isinstance(tree, str):
        plain = name.removeprefix("*.")
        return not tree or plain == tree or plain.endswith(f".{tree}")
    address = as_address(name)
    return address is not None and address.version == tree.version and address in tree


def _general_name(tree: Subtree) -> x509.GeneralName:
    return x509.DNSName(tree) if isinstance(tree, str) else x509.IPAddress(tree)


def _subtrees(names: Iterable[x509.GeneralName] | None) -> Iterable[Subtree]:
    for name in names or ():
        if isinstance(name, x509.DNSName):
            # Some write a domain with a dot in front.
            yield name.value.removeprefix(".").lower()
        elif isinstance(name, x509.IPAddress) and isinstance(name.value, Network):
            yield name.value
