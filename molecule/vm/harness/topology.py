# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts inside the guest, as the recipe's table lists them."""

from __future__ import annotations

from pathlib import Path

from .errors import HarnessError
from .recipe import RECIPE, read_list

TABLE = RECIPE / "root/etc/sluice-vm/hosts"
MACHINE = "vm"  # the guest's root network namespace

# Ansible's groups; every host of the table is in exactly one.
GROUPS = {
    "directors": ("director",),
    "web": ("web1", "web2"),
    "clients": ("client",),
    "machine": (MACHINE,),
}


def management_addresses(table: Path = TABLE) -> dict[str, str]:
    """Return host name → IPv4 address on the management network, in the table's order."""
    rows = (line.split() for line in read_list(table))
    return {row[0]: row[1] for row in rows}


def check_host(host: str) -> str:
    """Return `host`; raises HarnessError when the topology has no such host."""
    known = management_addresses()
    if host not in known:
        raise HarnessError(f"host {host!r} is unknown; choose one of {', '.join(known)}")
    return host
