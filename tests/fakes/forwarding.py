# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host that forwards has beside its tables: kernel parameters and tracked connections."""

from __future__ import annotations

from typing import List, TypeVar

from ansible_collections.sluice.edge.plugins.module_utils._kernel.conntrack import Flow

Self = TypeVar("Self", bound="FakeForwarding")


class FakeForwarding:
    """Kernel parameters as they are at boot, and the table of connections."""

    def __init__(self) -> None:
        self.parameters = {
            "net.ipv4.ip_forward": "0",
            "net.ipv6.conf.all.forwarding": "0",
            "net.ipv4.conf.all.route_localnet": "0",
        }
        self.tracked: List[Flow] = []

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Nothing to close."""

    def flows(self, family: str) -> List[Flow]:
        return [flow for flow in self.tracked if flow.called[0].family == family]

    def delete(self, flow: Flow) -> bool:
        self.tracked.remove(flow)
        return True
