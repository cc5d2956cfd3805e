# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake kernel keeps the contract that the real one keeps."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._ipvs.described import describe_settings
from ansible_collections.sluice.edge.tests.contract.settings_contract import (
    Seen,
    SettingsContract,
)
from ansible_collections.sluice.edge.tests.fakes.ipvs_settings import (
    BACKUP,
    MASTER,
    FakeIpvsSettings,
)
from ansible_collections.sluice.edge.tests.unit.ipvs_settings.task import (
    LINUX_6_1,
    converge_fake,
    read_fake,
)


class FakeHost:
    def __init__(self):
        self.fake = FakeIpvsSettings()

    def run(self, params, check=False):
        return converge_fake(self.fake, params, check)

    def settings(self):
        return describe_settings(read_fake(self.fake), LINUX_6_1)

    def seen(self):
        daemons = [
            "%s %s" % ({MASTER: "master", BACKUP: "backup"}[state], daemon)
            for state, daemon in self.fake.daemons.items()
        ]
        values = self.fake.parameters.values
        return Seen(list(self.fake.timeouts.values()), sorted(daemons), dict(values))

    def start_daemon(self, role, interface, sync_id=0):
        self.fake.start(MASTER if role == "master" else BACKUP, interface, sync_id)

    def mix_families(self):
        self.fake.mixed_families = True

    def take_ipv6_from(self, interface):
        self.fake.without_ipv6.add(interface)


class TestFakeKernel(SettingsContract):
    @pytest.fixture
    def host(self):
        return FakeHost()
