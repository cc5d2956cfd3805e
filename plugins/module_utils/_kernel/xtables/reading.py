# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables of legacy xtables, read in one call each; needs no library."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import struct
from typing import Set

from ..._converge.errors import Unavailable
from .blob import Chains, Info, read_chains, read_info

_LEVELS = {"ipv4": (socket.AF_INET, socket.IPPROTO_IP), "ipv6": (socket.AF_INET6, 41)}
_GET_INFO, _GET_ENTRIES = 64, 65  # linux/netfilter_ipv4/ip_tables.h and its IPv6 twin
_NAME_LISTS = {"ipv4": "ip_tables_names", "ipv6": "ip6_tables_names"}
_ATTEMPTS = 10


def existing_tables(family: str) -> Set[str]:
    """Return the names of the tables that this network namespace has got; raises Unavailable."""
    try:
        with open("/proc/thread-self/net/" + _NAME_LISTS[family], encoding="ascii") as source:
            return set(source.read().split())
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise Unavailable("cannot list the %s tables: %s" % (family, error.strerror)) from None


def read_table(family: str, table: str) -> Chains:
    """Return the chains of a table, none if it was never used in this network namespace.

    Raises Unavailable when the kernel does not let it be read.
    """
    if table not in existing_tables(family):
        return {}
    attempts = 0
    while True:
        try:
            return _read_once(family, table)
        except OSError as error:
            attempts += 1
            # EAGAIN: the table changed its size between two calls.
            if error.errno != errno.EAGAIN or attempts == _ATTEMPTS:
                raise Unavailable(
                    "cannot read the %s table %s: %s" % (family, table, error.strerror)
                ) from None


def _read_once(family: str, table: str) -> Chains:
    domain, level = _LEVELS[family]
    with socket.socket(domain, socket.SOCK_RAW, socket.IPPROTO_RAW) as one:
        info = _info(one.fileno(), level, table)
        return read_chains(family, info, _entries(one.fileno(), level, table, info))


def _info(descriptor: int, level: int, table: str) -> Info:
    return read_info(_ask(descriptor, level, _GET_INFO, struct.pack("=32s", table.encode()), 84))


def _entries(descriptor: int, level: int, table: str, info: Info) -> bytes:
    head = struct.pack("=32sI4x", table.encode(), info.size)
    return _ask(descriptor, level, _GET_ENTRIES, head, len(head) + info.size)[len(head) :]


def _ask(descriptor: int, level: int, option: int, head: bytes, size: int) -> bytes:
    # socket.getsockopt can neither say which table, nor take more than 1024 bytes.
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(head, size)
    length = ctypes.c_uint32(size)
    if libc.getsockopt(descriptor, level, option, buffer, ctypes.byref(length)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return buffer.raw
