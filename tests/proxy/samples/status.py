# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts for status documents."""

from __future__ import annotations

from typing import Any

from sluice_proxy.admin.status import StoreStatus
from sluice_proxy.resources.model import Declared, Leaf
from sluice_proxy.supervisor.status import Facts
from sluice_proxy.supervisor.status_traffic import Rates

from samples.config import snapshot


def facts(config: str, **changed: Any) -> Facts:
    """Return what a proxy with a configuration knows, but for what is ``changed``."""
    usual: dict[str, Any] = {
        "program": "1.2.3",
        "pid": 1,
        "started": 0.0,
        "now": 60.0,
        "serves": True,
        "version": 1,
        "refused": "",
        "store": StoreStatus("none", "", 0),
        "snapshot": snapshot(config),
        "declared": Declared(),
        "workers": (),
        "said_of_certificates": {},
        "healthy": {},
        "log_level": "info",
        "rates": Rates(),
    }
    return Facts(**{**usual, **changed})


def leaf(provider: str, names: tuple[str, ...] = ("shop.test",), ends: float = 1e9) -> Leaf:
    """Return what is told of a certificate that ends at ``ends``, in seconds since 1970."""
    return Leaf(provider, names, "ab" * 32, "cd" * 32, 0.0, ends, "CN=issuer", "1f")
