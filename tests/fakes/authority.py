# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proxy orders of a certificate authority, as its admin API tells it."""

from __future__ import annotations

import hashlib
import time
from typing import Any, Dict, List, Optional, Tuple

Value = Dict[str, Any]
NAME = "first"
DAY = 86_400.0


class Order:
    """The order of one certificate; ``looks`` is how often it is seen until it is done.

    ``fits`` says whether what is held is for what is declared now.
    """

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.state = "ordering"
        self.said = ""
        self.failures = 0
        self.next_try: Optional[float] = None
        self.serial = 0
        self.fits = False


class FakeAuthority:
    """Issues what is declared, after ``looks`` at it, unless it has something to say against it.

    With ``laptop`` there is none, and the proxy's local CA makes all at once.
    """

    def __init__(self) -> None:
        self.looks = 1
        self.laptop = False
        self.refusal = ""
        self.keeps_certificates = ""
        self.tries_again_in: Optional[float] = 3600.0
        self.ordered = 0
        self.revoked: List[Tuple[str, str]] = []
        self.today = time.time
        self._orders: Dict[str, Order] = {}

    def declared(self, name: str) -> None:
        """Order a certificate for what is declared anew."""
        if not self.laptop:
            self._begin(name).fits = False

    def withdrawn(self, name: str) -> None:
        """Forget a certificate."""
        self._orders.pop(name, None)

    def renew(self, name: str) -> bool:
        """Order another one; False where there is nothing to renew."""
        if name not in self._orders:
            return False
        self._begin(name)
        return True

    def revoke(self, name: str, reason: str) -> str:
        """Revoke what is held; return what is said against it."""
        if name not in self._orders or not self._orders[name].serial:
            return "no certificate of an authority is held"
        if not self.keeps_certificates:
            self.revoked.append((name, reason))
        return self.keeps_certificates

    def told(self, name: str, document: Value) -> Value:
        """Return what the API tells of a certificate, and go on with its order."""
        if self.laptop:
            return {"certificate": self._leaf(name, document, "local_ca", 1), "order": None}
        order = self._orders.setdefault(name, Order(self.looks))
        self._look(order)
        leaf = self._leaf(name, document, "acme", order.serial) if order.serial else None
        renew_at = self.today() + 60 * DAY if order.fits else None
        return {
            "certificate": leaf,
            "order": {
                "state": order.state,
                "authority": document.get("authority", NAME),
                "said": order.said,
                "failures": order.failures,
                "next_try": order.next_try,
                "renew_at": renew_at,
            },
        }

    def _begin(self, name: str) -> Order:
        self.ordered += 1
        before = self._orders.get(name)
        order = self._orders[name] = Order(self.looks)
        if before is not None:
            order.serial, order.failures = before.serial, before.failures
            order.fits = before.fits
        return order

    def _look(self, order: Order) -> None:
        if order.state != "ordering":
            return
        if order.looks:
            order.looks -= 1
        elif self.refusal:
            order.state, order.said = "failed", self.refusal
            order.failures += 1
            again = self.tries_again_in
            order.next_try = None if again is None else self.today() + again
        else:
            order.state, order.failures = "held", 0
            order.serial += 1
            order.fits = True

    def _leaf(self, name: str, document: Value, provider: str, serial: int) -> Value:
        parts = "%s %s %d" % (name, sorted(document.items()), serial)
        return {
            "provider": provider,
            "names": document["names"],
            "fingerprint": hashlib.sha256(parts.encode()).hexdigest(),
            "not_before": self.today() - DAY,
            "not_after": self.today() + 89.5 * DAY,
            "days_left": 89.5,
            "issuer": "CN=" + NAME,
            "serial": str(serial),
        }
