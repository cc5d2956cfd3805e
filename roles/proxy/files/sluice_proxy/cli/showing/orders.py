# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How orders of certificates stand, in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .amounts import moment


def order_words(order: Mapping[str, Any] | None) -> str:
    """Return how an order stands, and what comes next; nothing for a certificate without one."""
    if not order:
        return ""
    state, failures = str(order.get("state")), order.get("failures") or 0
    parts = [state]
    if failures:
        parts.append(f"{failures} failure{'' if failures == 1 else 's'}")
    if order.get("next_try") is not None:
        parts.append(f"next try {moment(float(order['next_try']))}")
    elif state == "held" and order.get("renew_at") is not None:
        parts.append(f"renewal {moment(float(order['renew_at']))}")
    return ", ".join(parts)


def order_trouble(order: Mapping[str, Any] | None) -> str:
    """Return what went wrong last, nothing where nothing did."""
    return str((order or {}).get("said") or "")
