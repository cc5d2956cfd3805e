# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The PROXY protocol, versions 1 and 2, without I/O: reading it and writing it."""

from .header import BadProxyHeader, Command, ProxyHeader, Tlv
from .reader import read_header
from .writer import compose_v1, compose_v2

__all__ = [
    "BadProxyHeader",
    "Command",
    "ProxyHeader",
    "Tlv",
    "compose_v1",
    "compose_v2",
    "read_header",
]
