# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How it stands with certificate authorities, as the API and the command line show it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """An account: its URL, contacts as URLs, and the thumbprint (RFC 7638) of its key."""

    url: str
    contact: tuple[str, ...]
    thumbprint: str


@dataclass(frozen=True, slots=True)
class AuthorityStatus:
    """``account`` is None as long as none was needed.

    Until ``resting_until``, in seconds since 1970, this node leaves it alone, and ``said`` is why;
    None and empty when it may be asked. ``orders`` were made by all nodes within the last
    ``order_window`` seconds; no more than ``most_orders`` are.
    """

    name: str
    directory: str
    staging: bool
    account: AccountStatus | None
    resting_until: float | None
    said: str
    orders: int
    most_orders: int
    order_window: float
