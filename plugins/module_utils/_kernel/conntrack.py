# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that the kernel tracks (linux/netfilter/nfnetlink_conntrack.h): list and delete."""

from __future__ import annotations

import errno
import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

from .._converge.errors import Unavailable
from .._inet.address import IPV4, IPV6, Address, address_family_number
from .netlink import attribute
from .netlink import attributes as parts_of
from .nfnetlink import Interrupted, Message, NetfilterRefused, Nfnetlink

SUBSYSTEM = 1  # NFNL_SUBSYS_CTNETLINK
ATTEMPTS = 5
"""How often connections are listed anew when the kernel was interrupted."""

_GET, _DELETE = 1, 2
_TUPLE_ORIG, _TUPLE_REPLY, _ID, _ZONE = 1, 2, 12, 18
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_IP_SOURCES = {1: IPV4, 3: IPV6}
_IP_DESTINATIONS = {2: IPV4, 4: IPV6}
_PROTO_NUM, _PROTO_SRC_PORT, _PROTO_DST_PORT = 1, 2, 3
_NESTED = 0x8000

_PORT = struct.Struct(">H")


class Flow(NamedTuple):
    """One tracked connection: whom the client called, and who answers it.

    ``protocol`` is the number of the protocol (IANA); ports are 0 for protocols without any.
    ``identity`` are the attributes by which the kernel finds it again.
    """

    protocol: int
    called: Tuple[Address, int]
    answers: Tuple[Address, int]
    identity: bytes = b""


class Conntrack:
    """The connection tracking of the namespace where it was opened."""

    def __init__(self) -> None:
        """Open a socket; raises Unavailable when the kernel has no netfilter netlink."""
        self._netfilter = Nfnetlink(SUBSYSTEM)

    def close(self) -> None:
        self._netfilter.close()

    def __enter__(self) -> Conntrack:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def flows(self, family: str) -> List[Flow]:
        """Return the tracked connections of one address family; raises Unavailable."""
        flows = map(decode, self._listing(address_family_number(family)))
        return [flow for flow in flows if flow is not None]

    def delete(self, flow: Flow) -> bool:
        """Delete a connection; return False when it was gone already. Raises Unavailable."""
        family = address_family_number(flow.called[0].family)
        try:
            self._netfilter.do(Message(_DELETE, 0, family, flow.identity))
        except NetfilterRefused as error:
            if error.number == errno.ENOENT:
                return False
            raise Unavailable("a connection cannot be deleted: %s" % error) from None
        return True

    def _listing(self, family: int) -> List[bytes]:
        for _attempt in range(ATTEMPTS):
            try:
                return self._netfilter.dump(Message(_GET, 0, family, b""))
            except Interrupted:
                continue
            except NetfilterRefused as error:
                raise Unavailable(
                    "connections cannot be listed: %s (module nf_conntrack_netlink)" % error
                ) from None
        raise Unavailable("connections cannot be listed: the listing was interrupted each time")


def decode(attributes: bytes) -> Optional[Flow]:
    """Return the connection that a message's attributes describe, None for another protocol."""
    parts = parts_of(attributes)
    try:
        original, reply = parts_of(parts[_TUPLE_ORIG]), parts_of(parts[_TUPLE_REPLY])
        protocol = parts_of(original[_TUPLE_PROTO])
        called = (
            _address(parts_of(original[_TUPLE_IP]), _IP_DESTINATIONS),
            _PORT.unpack(protocol[_PROTO_DST_PORT])[0],
        )
        answers = (
            _address(parts_of(reply[_TUPLE_IP]), _IP_SOURCES),
            _PORT.unpack(parts_of(reply[_TUPLE_PROTO])[_PROTO_SRC_PORT])[0],
        )
    except (KeyError, struct.error):
        return None
    identity = b"".join(
        attribute(kind | flag, parts[kind])
        for kind, flag in ((_TUPLE_ORIG, _NESTED), (_ID, 0), (_ZONE, 0))
        if kind in parts
    )
    return Flow(protocol[_PROTO_NUM][0], called, answers, identity)


def _address(parts: Dict[int, bytes], kinds: Dict[int, str]) -> Address:
    for kind, family in kinds.items():
        if kind in parts:
            return Address(family, parts[kind])
    raise KeyError("no address")
