# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts inside a guest, as the table of its recipe lists them."""

from __future__ import annotations

from .errors import HarnessError
from .guests import Guest
from .recipe import find, read_list

MACHINE = "vm"  # the guest's root network namespace


def management_addresses(guest: Guest) -> dict[str, str]:
    """Return host name → IPv4 address on the management network, in the table's order."""
    return {row[0]: row[2] for row in _rows(guest)}


def groups(guest: Guest) -> dict[str, list[str]]:
    """Return Ansible's groups → host names; every host is in exactly one."""
    members: dict[str, list[str]] = {}
    for row in _rows(guest):
        members.setdefault(row[1], []).append(row[0])
    return members


def check_host(guest: Guest, host: str) -> str:
    """Return `host`; raises HarnessError when the guest has no such host."""
    known = management_addresses(guest)
    if host not in known:
        raise HarnessError(f"host {host!r} is unknown; choose one of {', '.join(known)}")
    return host


def _rows(guest: Guest) -> list[list[str]]:
    return [line.split() for line in read_list(find(guest, "root/etc/sluice-vm/hosts"))]
