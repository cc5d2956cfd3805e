# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers as declared: options in, canonical entries out. Pure."""

from __future__ import annotations

from typing import NamedTuple, Tuple

from ..._declare.item import Item, Vocabulary
from ..._inet.address import Address, parse_address
from ..model import (
    CHECKSUM,
    DIRECT,
    FORWARD_METHODS,
    GUE,
    IPIP,
    MASQUERADE,
    NO_CHECKSUM,
    REMOTE_CHECKSUM,
    TUNNEL,
    TUNNEL_CHECKSUMS,
    TUNNEL_TYPES,
    Server,
    ServerId,
    ServiceId,
    server_name,
)

MAXIMUM_WEIGHT = 65535
MAXIMUM_THRESHOLD = 0x7FFFFFFF

SHORT_METHODS = {"g": DIRECT, "i": TUNNEL, "m": MASQUERADE}
"""Forward methods as ipvsadm's options and Portal spell them."""

SERVER_OPTIONS = (
    "address",
    "port",
    "forward_method",
    "weight",
    "upper_threshold",
    "lower_threshold",
    "tunnel_type",
    "tunnel_port",
    "tunnel_checksum",
)
SERVER_ALIASES = {"host": "address", "forwarder": "forward_method"}
SERVER_VOCABULARY = Vocabulary(SERVER_OPTIONS, SERVER_ALIASES)

_METHODS = dict({method: method for method in FORWARD_METHODS}, **SHORT_METHODS)
_THIS_HOST = (parse_address("127.0.0.1"), parse_address("::1"))


class DeclaredServer(NamedTuple):
    """One declared server; ``any_port`` when a fwmark service's server was given no port."""

    server: Server
    any_port: bool


def read_server(item: Item, service: ServiceId) -> DeclaredServer:
    """Return the real server of ``service`` that an item declares."""
    key, any_port = read_server_id(item, service)
    address = key.address
    method = _method(item)
    _check_port(item, service, key.port, method)
    if address.family != service.family and method != TUNNEL:
        raise item.error(
            "address %s and its service are of different families: only forward_method tunnel "
            "can mix them" % (address,)
        )
    upper = item.integer("upper_threshold", 0, MAXIMUM_THRESHOLD, 0) or 0
    lower = item.integer("lower_threshold", 0, MAXIMUM_THRESHOLD, 0) or 0
    if lower and not upper:
        raise item.error("lower_threshold needs an upper_threshold")
    if lower > upper:
        raise item.error("lower_threshold %d is above upper_threshold %d" % (lower, upper))
    weight = item.integer("weight", 0, MAXIMUM_WEIGHT, 1)
    tunnel_type, tunnel_port, checksum = _tunnel(item, method)
    server = Server(
        key,
        method,
        1 if weight is None else weight,
        upper,
        lower,
        tunnel_type,
        tunnel_port,
        checksum,
    )
    return DeclaredServer(server, any_port)


def read_server_id(item: Item, service: ServiceId) -> Tuple[ServerId, bool]:
    """Return the identity that an item's options name, and whether it stands for any port.

    From then on errors call the item by it.
    """
    address = _address(item, service)
    given_port = item.integer("port", 0, 65535)
    port = service.port if given_port is None else given_port
    item.call(server_name, address, port, service)
    return ServerId(service, address, port), service.address is None and given_port is None


def _address(item: Item, service: ServiceId) -> Address:
    address = item.address("address")
    if address is None:
        raise item.error("address is missing: give the real server's address")
    if not address.is_unicast:
        raise item.error("address %s is not an address that a host can have" % (address,))
    if address in _THIS_HOST and service.address is not None:
        # Portal's way to say "this host": the service's own address.
        return service.address
    return address


def _method(item: Item) -> str:
    given = item.text("forward_method")
    if given is None:
        return DIRECT
    method = _METHODS.get(given)
    if method is None:
        raise item.error(
            "forward_method must be one of %s, not %r" % (", ".join(FORWARD_METHODS), given)
        )
    return method


def _check_port(item: Item, service: ServiceId, port: int, method: str) -> None:
    if service.address is None:
        return
    if method != MASQUERADE and port != service.port:
        raise item.error(
            "port %d: forward_method %s keeps the service's port %d, only masquerade can change it"
            % (port, method, service.port)
        )
    if service.port and not port:
        raise item.error("port 0 does not go with a service of port %d" % service.port)


def _tunnel(item: Item, method: str) -> Tuple[str, int, str]:
    if method != TUNNEL:
        item.refuse(("tunnel_type", "tunnel_port", "tunnel_checksum"), "forward_method " + method)
        return "", 0, ""
    kind = item.choice("tunnel_type", TUNNEL_TYPES, IPIP) or IPIP
    port = item.integer("tunnel_port", 1, 65535)
    checksum = item.choice("tunnel_checksum", TUNNEL_CHECKSUMS, NO_CHECKSUM) or NO_CHECKSUM
    if kind == GUE and port is None:
        raise item.error("tunnel_port is missing: tunnel_type gue needs one")
    if kind != GUE and port is not None:
        raise item.error("tunnel_port does not go with tunnel_type %s" % kind)
    if kind == IPIP and checksum != NO_CHECKSUM:
        raise item.error("tunnel_checksum does not go with tunnel_type ipip")
    if kind != GUE and checksum == REMOTE_CHECKSUM:
        raise item.error("tunnel_checksum remcsum needs tunnel_type gue, else use %s" % CHECKSUM)
    return kind, port or 0, checksum
