# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared of certificates that authorities issue, and for how long it waits. Pure."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from ..._declare.item import Item, Vocabulary
from ..._declare.task import ABSENT

CHALLENGES = ("http-01", "tls-alpn-01", "dns-01")
KEY_TYPES = ("p256", "p384", "rsa2048", "rsa3072", "rsa4096")
UNSPECIFIED = "unspecified"
REASONS = (
    UNSPECIFIED,
    "key_compromise",
    "affiliation_changed",
    "superseded",
    "cessation_of_operation",
)
"""Those of RFC 5280, section 5.3.1, that the holder of a certificate can have."""

OF_ORDERS = ("authority", "challenge", "profile", "key_type")
"""The options that are in the document of a certificate, besides its names."""
OF_REVOKING = ("revoke", "revocation_reason")

_WAITING = Vocabulary(("wait", "wait_timeout"))
USUAL_TIMEOUT = 300.0
LONGEST_TIMEOUT = 24 * 3600.0


def read_order(item: Item) -> Dict[str, Any]:
    """Return what a document says of an order, besides names; raises InvalidInput."""
    order = {
        "authority": item.text("authority"),
        "challenge": item.choice("challenge", CHALLENGES),
        "profile": item.text("profile"),
        "key_type": item.choice("key_type", KEY_TYPES),
    }
    return {name: value for name, value in order.items() if value is not None}


def read_renewal(item: Item, ordered: bool) -> bool:
    """Return whether a new certificate is to be ordered now; ``ordered`` if authorities issue it.

    Raises InvalidInput for another one.
    """
    renewal = item.flag("force_renew", False) or False
    if renewal and not ordered:
        raise item.error("force_renew needs provider acme: others are renewed by the proxy alone")
    return renewal


def read_revocation(item: Item, state: Optional[str]) -> Optional[str]:
    """Return the reason for which a certificate is revoked before it goes, None if it is not.

    Raises InvalidInput.
    """
    revoke = item.flag("revoke", False)
    reason = item.choice("revocation_reason", REASONS)
    if reason is not None and not revoke:
        raise item.error("revocation_reason needs revoke: true")
    if not revoke:
        return None
    if state != ABSENT:
        raise item.error(
            "revoke needs state absent: a certificate that is revoked is not to be shown"
        )
    return reason or UNSPECIFIED


def read_waiting(params: Mapping[str, Any]) -> Optional[float]:
    """Return for how many seconds orders are waited for, None if they are not."""
    item = Item({name: params.get(name) for name in _WAITING.names}, "", _WAITING)
    timeout = item.number("wait_timeout", 0, LONGEST_TIMEOUT, USUAL_TIMEOUT)
    return timeout if item.flag("wait", False) else None
