# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that the API answers to. Pure.

A browser that reaches it, over a forwarded port, must not be made to use it by some other site.
Such a site can point a name of its own here (DNS rebinding), or send requests as they are from its
page; in the first case the name is in Host, in the second the site is in Origin.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_own_name(host: str, names: Collection[str] = ()) -> bool:
    """Return whether a Host field can be meant for us: an address, a name without a domain,
    something below ``localhost``, or one of ``names``."""
    name = _name(host)
    if not name:
        return False
    if "." not in name or name.endswith(".localhost") or name in names:
        return True
    return _is_address(name)


def is_same_origin(origin: str, host: str) -> bool:
    """Return whether a page of ``origin`` came from ``host`` (RFC 6454, section 5)."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def _name(host: str) -> str:
    if host.startswith("["):
        name = host[1:].partition("]")[0]
        return name if _is_address(name) else ""
    return host.partition(":")[0].rstrip(".").lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
