# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of IPVS netlink attributes, and what they hold (linux/ip_vs.h). Pure."""

from __future__ import annotations

import struct
import sys

from ..._kernel.netlink import ATTRIBUTE, attribute

FAMILY_NAME = "IPVS"

CMD_NEW_SERVICE, CMD_SET_SERVICE, CMD_DEL_SERVICE, CMD_GET_SERVICE = 1, 2, 3, 4
CMD_NEW_DEST, CMD_SET_DEST, CMD_DEL_DEST, CMD_GET_DEST = 5, 6, 7, 8
CMD_NEW_DAEMON, CMD_DEL_DAEMON, CMD_GET_DAEMON = 9, 10, 11
CMD_SET_CONFIG, CMD_GET_CONFIG, CMD_GET_INFO = 12, 13, 15

CMD_ATTR_SERVICE, CMD_ATTR_DEST, CMD_ATTR_DAEMON = 1, 2, 3
CMD_ATTR_TIMEOUT_TCP, CMD_ATTR_TIMEOUT_TCP_FIN, CMD_ATTR_TIMEOUT_UDP = 4, 5, 6

INFO_ATTR_VERSION, INFO_ATTR_CONN_TAB_SIZE = 1, 2

SVC_AF, SVC_PROTOCOL, SVC_ADDR, SVC_PORT, SVC_FWMARK = 1, 2, 3, 4, 5
SVC_SCHED_NAME, SVC_FLAGS, SVC_TIMEOUT, SVC_NETMASK = 6, 7, 8, 9
SVC_STATS, SVC_PE_NAME, SVC_STATS64 = 10, 11, 12

DEST_ADDR, DEST_PORT, DEST_FWD_METHOD, DEST_WEIGHT = 1, 2, 3, 4
DEST_U_THRESH, DEST_L_THRESH = 5, 6
DEST_ACTIVE_CONNS, DEST_INACT_CONNS, DEST_PERSIST_CONNS = 7, 8, 9
DEST_STATS, DEST_ADDR_FAMILY, DEST_STATS64 = 10, 11, 12
DEST_TUN_TYPE, DEST_TUN_PORT, DEST_TUN_FLAGS = 13, 14, 15

DAEMON_STATE, DAEMON_MCAST_IFN, DAEMON_SYNC_ID = 1, 2, 3
DAEMON_SYNC_MAXLEN, DAEMON_MCAST_GROUP, DAEMON_MCAST_GROUP6 = 4, 5, 6
DAEMON_MCAST_PORT, DAEMON_MCAST_TTL = 7, 8

SVC_F_PERSISTENT, SVC_F_HASHED, SVC_F_ONEPACKET = 0x1, 0x2, 0x4
SVC_F_SCHED1, SVC_F_SCHED2, SVC_F_SCHED3 = 0x08, 0x10, 0x20
ALL_FLAGS = 0xFFFFFFFF

FORWARD_NUMBERS = {"masquerade": 0, "local": 1, "tunnel": 2, "direct": 3, "bypass": 4}
TUNNEL_NUMBERS = {"ipip": 0, "gue": 1, "gre": 2}
CHECKSUM_NUMBERS = {"none": 0, "csum": 1, "remcsum": 2}

STATISTICS = (
    "connections",
    "incoming_packets",
    "outgoing_packets",
    "incoming_bytes",
    "outgoing_bytes",
    "connections_per_second",
    "incoming_packets_per_second",
    "outgoing_packets_per_second",
    "incoming_bytes_per_second",
    "outgoing_bytes_per_second",
)
"""The names of the STATS64 attributes 1 to 10; each value is an unsigned 64-bit number."""


def nested(number: int, payload: bytes) -> bytes:
    """Return an attribute that holds others; ``payload`` is theirs, already padded."""
    return ATTRIBUTE.pack(4 + len(payload), number) + payload


def text(number: int, value: str) -> bytes:
    """Return a NUL-terminated text attribute."""
    return attribute(number, value.encode("utf-8") + b"\x00")


def u16(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("=H", value))


def be16(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("!H", value))


def u32(number: int, value: int) -> bytes:
    return attribute(number, struct.pack("=I", value))


def number(payload: bytes) -> int:
    """Return a number in the host's byte order, of whatever size the kernel sent."""
    return int.from_bytes(payload, sys.byteorder)


def string(payload: bytes) -> str:
    """Return a text up to its NUL."""
    return payload.split(b"\x00", 1)[0].decode("utf-8", "replace")
