# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the admin API is reached, and by whom."""

from __future__ import annotations

from dataclasses import dataclass

from sluice_proxy.snapshot.listening import Address
from sluice_proxy.snapshot.tls import Certificate


@dataclass(frozen=True, slots=True)
class Admin:
    """Who may open a socket file needs nothing more. On TCP a token of ``tokens_file`` is asked
    for, which is there where an address of TCP is; over TLS, with ``certificate`` or one that is
    made."""

    addresses: tuple[Address, ...]
    tokens_file: str | None = None
    certificate: Certificate | None = None
