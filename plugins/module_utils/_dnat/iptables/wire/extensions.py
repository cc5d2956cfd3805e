# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The matches and targets that profiles are made of, one function each. Pure.

Sources: the headers of the same names in linux/netfilter, linux/netfilter_ipv4 and
linux/netfilter_ipv6. All revisions are in Linux 4.18 and later,
and none is older than what iptables 1.8 knows: it shows an older one as "unsupported".
"""

from __future__ import annotations

import struct
from functools import lru_cache
from ipaddress import ip_address
from typing import Sequence, Tuple

from ...._inet.address import IPV6
from .entry import Part, part

MOST_INSTRUCTIONS = 64  # XT_BPF_MAX_NUM_INSTR
UNIT = 1 << 31
"""What stands for certainty in the random mode of the statistic match."""

NEW, TRANSLATED = 1 << 3, 1 << 7  # XT_CONNTRACK_STATE_BIT(IP_CT_NEW), XT_CONNTRACK_STATE_DNAT
PREFIX_BYTES = 29
LIMIT_SCALE = 10000
"""XT_LIMIT_SCALE: a limit's interval is counted in units of 1/10000 s."""

PORT_UNREACHABLE = {"ipv4": 3, "ipv6": 4}  # enum ipt_reject_with, enum ip6t_reject_with
TCP_RESET = {"ipv4": 7, "ipv6": 6}

_COMMENT_SIZE = 256  # XT_MAX_COMMENT_LEN
_STATE, _ORIGINAL = 1, 8 | 0x200  # XT_CONNTRACK_STATE; _ORIGDST and _ORIGDST_PORT
_MAP_IPS, _PROTO_SPECIFIED = 1, 2  # linux/netfilter/nf_nat.h
_SET, _UPDATE, _REAP = 2, 4, 32  # linux/netfilter/xt_recent.h
_LOCAL = 1 << 2  # XT_ADDRTYPE_LOCAL
_INVERT_SOURCE = 1
_RANDOM, _NTH = 0, 1
_DAY = 86400 * LIMIT_SCALE


def comment(text: str) -> bytes:
    """Return a match that says something and is always true."""
    return part("comment", 0, text.encode("utf-8").ljust(_COMMENT_SIZE, b"\0"))


def comment_in(match: Part) -> str:
    """Return what a comment match says, nothing for another match."""
    if match.name != "comment":
        return ""
    return match.data.split(b"\0", 1)[0].decode("utf-8", "replace")


@lru_cache(maxsize=4096)
def port(protocol: str, number: int) -> bytes:
    """Return the match of packets to a port."""
    if protocol == "sctp":
        ports = struct.pack("=4H", number, number, 0, 0)
        flags = struct.pack("=iII", 0, 2, 0)  # no chunk flags; XT_SCTP_DEST_PORTS
        return part("sctp", 0, ports + bytes(260) + b"\xff\0\0" * 4 + flags)
    ports = struct.pack("=4H", 0, 65535, number, number)
    return part(protocol, 0, ports + bytes(4 if protocol == "tcp" else 1))


def probability(units: int) -> bytes:
    """Return the match that is true with a probability of ``units`` / UNIT."""
    return part("statistic", 0, _statistic(_RANDOM, units))


def every(count: int) -> bytes:
    """Return the match of the first of each ``count`` packets."""
    return part("statistic", 0, _statistic(_NTH, count - 1))


def _statistic(mode: int, number: int) -> bytes:
    # The last number is what the kernel begins to count with; iptables sets it in both modes.
    return struct.pack("=HH3I8x", mode, 0, number, 0, number)


def program(instructions: Sequence[Tuple[int, int, int, int]]) -> bytes:
    """Return the match of packets for which a program of classic BPF returns more than 0."""
    packed = b"".join([struct.pack("=HBBI", *each) for each in instructions])
    room = packed.ljust(8 * MOST_INSTRUCTIONS, b"\0")
    return part("bpf", 1, struct.pack("=HHi", 0, len(instructions), 0) + room + bytes(8))


def remembered(family: str, name: str, seconds: int) -> bytes:
    """Return the match of clients that are in a list for less than ``seconds``; renews them."""
    return _recent(family, name, seconds, _UPDATE | _REAP)


def remember(family: str, name: str) -> bytes:
    """Return the match that puts a client into a list and is always true."""
    return _recent(family, name, 0, _SET)


def _recent(family: str, name: str, seconds: int, what: int) -> bytes:
    mask = b"\xff" * (16 if family == IPV6 else 4)
    label = name.encode("ascii")
    return part("recent", 1, struct.pack("=IIBB200sBx16s", seconds, 0, what, 0, label, 0, mask))


def state(bits: int) -> bytes:
    """Return the match of connections in one of these states."""
    return part("conntrack", 3, bytes(146) + struct.pack("=4H4H2x", _STATE, 0, bits, 0, 0, 0, 0, 0))


@lru_cache(maxsize=4096)
def called(address: str, number: int) -> bytes:
    """Return the match of translated connections that were opened to an address and port."""
    packed = ip_address(address).packed.ljust(16, b"\0")
    ports = struct.pack("=4H", 0, number, 0, 0)
    flags = struct.pack("=4H4H2x", _STATE | _ORIGINAL, 0, TRANSLATED, 0, 0, number, 0, 0)
    data = bytes(32) + packed + b"\xff" * 16 + bytes(64) + bytes(10) + ports + flags
    return part("conntrack", 3, data)


def from_here(here: bool) -> bytes:
    """Return the match of packets with a source address of this host's, or of others."""
    return part("addrtype", 1, struct.pack("=HHI", _LOCAL, 0, 0 if here else _INVERT_SOURCE))


def limit(rate: int, seconds: int) -> bytes:
    """Return the match of at most ``rate`` packets in ``seconds``, five at a time at most."""
    interval = LIMIT_SCALE * seconds // rate
    # The kernel cannot count more than a day's worth.
    burst = max(1, min(5, _DAY // interval))
    return part("limit", 0, struct.pack("=II32x", interval, burst))


def log(prefix: str, level: int) -> bytes:
    """Return the target that writes a line to the kernel's log."""
    return part("LOG", 0, struct.pack("=BB30s", level, 0, prefix.encode("utf-8")))


def logged(target: Part) -> Tuple[str, int]:
    """Return prefix and level of a LOG target."""
    level, _flags, prefix = struct.unpack_from("=BB30s", target.data)
    return prefix.split(b"\0", 1)[0].decode("utf-8", "replace"), level


@lru_cache(maxsize=65536)
def translate(address: str, number: int) -> bytes:
    """Return the DNAT target."""
    packed = ip_address(address).packed.ljust(16, b"\0")
    ports = struct.pack("!HH", number, number)
    flags = struct.pack("=I", _MAP_IPS | _PROTO_SPECIFIED)
    # struct nf_nat_range2
    return part("DNAT", 2, flags + packed * 2 + ports + bytes(4))


def redirect(family: str, number: int) -> bytes:
    """Return the target that leads to this host itself, at a port."""
    return _ranged(family, "REDIRECT", _PROTO_SPECIFIED, number)


def masquerade(family: str) -> bytes:
    """Return the target that makes the host the source."""
    return _ranged(family, "MASQUERADE", 0, 0)


def _ranged(family: str, name: str, flags: int, number: int) -> bytes:
    ports = struct.pack("!HH", number, number)
    if family == IPV6:
        # struct nf_nat_range
        return part(name, 0, struct.pack("=I", flags) + bytes(32) + ports)
    # struct nf_nat_ipv4_multi_range_compat
    return part(name, 0, struct.pack("=II", 1, flags) + bytes(8) + ports)


@lru_cache(maxsize=65536)
def translated_to(family: str, target: Part) -> Tuple[str, int]:
    """Return address and port of a DNAT target as translate makes it, else nothing and 0."""
    if target.revision != 2 or len(target.data) < 40:
        return "", 0
    (number,) = struct.unpack_from("!H", target.data, 36)
    return str(ip_address(target.data[4 : 20 if family == IPV6 else 8])), number


def reject(family: str, reset: bool) -> bytes:
    """Return the REJECT target, with a TCP reset or with "port unreachable"."""
    answer = TCP_RESET if reset else PORT_UNREACHABLE
    return part("REJECT", 0, struct.pack("=I", answer[family]))
