# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The MTU of an interface in the current network namespace, by one ioctl."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
from typing import Optional

_SIOCGIFMTU = 0x8921  # linux/sockios.h
_REQUEST = struct.Struct("=16si20x")  # struct ifreq


def mtu_of(interface: str) -> Optional[int]:
    """Return the MTU of ``interface`` in bytes, None when there is no such interface.

    /sys is no source for it: it shows the namespace that it was mounted in.
    """
    request = _REQUEST.pack(interface.encode("utf-8"), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        try:
            answer = fcntl.ioctl(handle.fileno(), _SIOCGIFMTU, request)
        except OSError as error:
            if error.errno == errno.ENODEV:
                return None
            raise
    return int(_REQUEST.unpack(answer)[1])
