# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an address is the host's own, on this machine's kernel."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.plugins.module_utils._kernel.routing import is_local
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace


@pytest.mark.parametrize("nonlocal_bind", ["0", "1"])
def test_only_addresses_of_the_host_are_local(namespace: Namespace, nonlocal_bind: str) -> None:
    for family in ("ipv4", "ipv6"):
        namespace.set("net/%s/ip_nonlocal_bind" % family, nonlocal_bind)
    namespace.ip("addr", "add", "10.9.8.1/24", "dev", "eth0")
    namespace.ip("addr", "add", "10.9.8.2/24", "dev", "eth0")
    namespace.ip("addr", "add", "2001:db8:9::1/64", "dev", "eth0", "nodad")
    with network_namespace(namespace.name):
        for own in ("10.9.8.1", "10.9.8.2", "2001:db8:9::1", "127.0.0.1", "127.8.8.8", "::1"):
            assert is_local(own), own
        for other in ("10.9.8.3", "192.0.2.1", "2001:db8:9::2", "2001:db8:8::1"):
            assert not is_local(other), other
