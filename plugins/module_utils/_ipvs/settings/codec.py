# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Timeouts and sync daemons to and from netlink bytes. Pure.

A request is its command byte followed by its attributes, as GenericNetlink takes it.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple

from ..._inet.address import IPV4, IPV6, Address
from ..._kernel.netlink import attribute, attributes
from ..wire import attributes as a
from .model import (
    BACKUP,
    DEFAULT_SYNC_GROUP,
    DEFAULT_SYNC_PORT,
    DEFAULT_SYNC_TTL,
    MASTER,
    SyncDaemon,
    Timeouts,
)

_STATES = {MASTER: 1, BACKUP: 2}  # IP_VS_STATE_MASTER, IP_VS_STATE_BACKUP
_ROLES = {number: role for role, number in _STATES.items()}
_TIMEOUT_ATTRIBUTES = {
    "tcp": a.CMD_ATTR_TIMEOUT_TCP,
    "tcp_fin": a.CMD_ATTR_TIMEOUT_TCP_FIN,
    "udp": a.CMD_ATTR_TIMEOUT_UDP,
}
_HEADERS = {IPV4: 20 + 8, IPV6: 40 + 8}
_LARGEST_PACKET = 65535
_SMALLEST_LENGTH = {MASTER: 1, BACKUP: 1024}
_ETHERNET_MTU = 1500

GET_TIMEOUTS = bytes([a.CMD_GET_CONFIG])
GET_DAEMONS = bytes([a.CMD_GET_DAEMON])
GET_INFO = bytes([a.CMD_GET_INFO])


class Information(NamedTuple):
    """What IPVS says of itself: its version and the slots of its connection table."""

    version: str
    connection_table_size: int


def encode_timeouts(before: Timeouts, after: Timeouts) -> bytes:
    """Return a SET_CONFIG request with the timeouts that differ; the kernel keeps the others."""
    body = b"".join(
        a.u32(_TIMEOUT_ATTRIBUTES[field], new)
        for field, old, new in zip(Timeouts._fields, before, after)
        if new is not None and new != old
    )
    return bytes([a.CMD_SET_CONFIG]) + body


def encode_daemon(daemon: SyncDaemon) -> bytes:
    """Return a NEW_DAEMON request. The port is in the host's byte order, unlike any other."""
    group = a.DAEMON_MCAST_GROUP if daemon.group.family == IPV4 else a.DAEMON_MCAST_GROUP6
    body = (
        a.u32(a.DAEMON_STATE, _STATES[daemon.role])
        + a.text(a.DAEMON_MCAST_IFN, daemon.interface)
        + a.u32(a.DAEMON_SYNC_ID, daemon.sync_id)
        + a.u16(a.DAEMON_SYNC_MAXLEN, daemon.max_length)
        + attribute(group, daemon.group.packed)
        + a.u16(a.DAEMON_MCAST_PORT, daemon.port)
        + attribute(a.DAEMON_MCAST_TTL, bytes([daemon.ttl]))
    )
    return bytes([a.CMD_NEW_DAEMON]) + a.nested(a.CMD_ATTR_DAEMON, body)


def encode_daemon_removal(daemon: SyncDaemon) -> bytes:
    """Return a DEL_DAEMON request; the role alone names the daemon.

    Interface and id are sent too, as ipvsadm does; the kernel does not look at them.
    """
    body = (
        a.u32(a.DAEMON_STATE, _STATES[daemon.role])
        + a.text(a.DAEMON_MCAST_IFN, daemon.interface)
        + a.u32(a.DAEMON_SYNC_ID, daemon.sync_id)
    )
    return bytes([a.CMD_DEL_DAEMON]) + a.nested(a.CMD_ATTR_DAEMON, body)


def decode_timeouts(answer: bytes) -> Timeouts:
    """Return the timeouts that the answer to GET_CONFIG tells."""
    found = attributes(answer)
    return Timeouts(*(_number(found, _TIMEOUT_ATTRIBUTES[field]) for field in Timeouts._fields))


def decode_daemon(entry: bytes) -> SyncDaemon:
    """Return the sync daemon that a dumped entry describes.

    A kernel before 4.3 tells only role, interface and id: the rest is what it uses always.
    """
    found = attributes(attributes(entry)[a.CMD_ATTR_DAEMON])
    role = _ROLES[a.number(found[a.DAEMON_STATE])]
    group = _decode_group(found)
    length = _number(found, a.DAEMON_SYNC_MAXLEN)
    return SyncDaemon(
        role=role,
        interface=a.string(found[a.DAEMON_MCAST_IFN]),
        sync_id=a.number(found[a.DAEMON_SYNC_ID]),
        max_length=default_length(role, group, _ETHERNET_MTU) if length is None else length,
        group=group,
        port=_number(found, a.DAEMON_MCAST_PORT) or DEFAULT_SYNC_PORT,
        ttl=_number(found, a.DAEMON_MCAST_TTL) or DEFAULT_SYNC_TTL,
    )


def decode_information(answer: bytes) -> Information:
    """Return what the answer to GET_INFO tells."""
    found = attributes(answer)
    code = a.number(found[a.INFO_ATTR_VERSION])
    version = "%d.%d.%d" % (code >> 16 & 0xFF, code >> 8 & 0xFF, code & 0xFF)
    return Information(version, a.number(found[a.INFO_ATTR_CONN_TAB_SIZE]))


def length_range(role: str, group: Address) -> Tuple[int, int]:
    """Return the least and the most ``max_length`` that the kernel takes as it is.

    Beyond them it would silently take the nearest (start_sync_thread in ip_vs_sync.c).
    """
    return _SMALLEST_LENGTH[role], _LARGEST_PACKET - _HEADERS[group.family]


def default_length(role: str, group: Address, mtu: int) -> int:
    """Return the ``max_length`` that the kernel chooses on an interface of ``mtu`` bytes."""
    packet = _ETHERNET_MTU
    if role == BACKUP:
        packet = min(max(mtu, _ETHERNET_MTU), _LARGEST_PACKET)
    return packet - _HEADERS[group.family]


def _decode_group(found: Dict[int, bytes]) -> Address:
    if a.DAEMON_MCAST_GROUP6 in found:
        return Address(IPV6, found[a.DAEMON_MCAST_GROUP6])
    if a.DAEMON_MCAST_GROUP in found:
        return Address(IPV4, found[a.DAEMON_MCAST_GROUP])
    return DEFAULT_SYNC_GROUP


def _number(found: Dict[int, bytes], kind: int) -> Optional[int]:
    payload = found.get(kind)
    return None if payload is None else a.number(payload)
