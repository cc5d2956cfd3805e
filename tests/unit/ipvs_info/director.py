# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake director: services and servers of one fake kernel, settings of another, as one."""

from __future__ import annotations

from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import Operation
from ansible_collections.sluice.edge.plugins.module_utils._inet.network import (
    Scope,
    parse_network,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.information import (
    read_information,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.kernel_release import (
    parse_release,
)
from ansible_collections.sluice.edge.tests.fakes.ipvs import GET_DEST, GET_SERVICE, FakeIpvs
from ansible_collections.sluice.edge.tests.fakes.ipvs_settings import FakeIpvsSettings

LINUX_6_1 = parse_release("6.1.0")


class FakeDirector:
    """A transport that answers for both fakes."""

    def __init__(self):
        self.ipvs = FakeIpvs()
        self.settings = FakeIpvsSettings()

    def batch(self, requests):
        """Carry out writes on services and servers."""
        return self.ipvs.batch(requests)

    def dump(self, request):
        """List services, servers or daemons."""
        source = self.ipvs if request[0] in (GET_SERVICE, GET_DEST) else self.settings
        return source.dump(request)

    def get(self, request):
        """Return timeouts or the version."""
        return self.settings.get(request)

    def create(self, entries):
        """Create services and servers, services first."""
        operations = [Operation(None, entry) for entry in entries]
        assert IpvsDriver(self).apply(operations) == [None] * len(operations)

    def information(self, addresses=(), with_statistics=True):
        """Return the result of ipvs_info."""
        scope = Scope([parse_network(text) for text in addresses])
        return read_information(self, self.settings.parameters, LINUX_6_1, scope, with_statistics)
