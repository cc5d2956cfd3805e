# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running the settings' engine on a fake host, as the module does on a real one."""

from __future__ import annotations

from ansible_collections.sluice.edge.plugins.module_utils._declare.task import read_items
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.converge import (
    SettingsHost,
    converge_on,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.declared import (
    SETTINGS_VOCABULARY,
    read_settings,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.driver import (
    SettingsDriver,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.kernel_release import (
    parse_release,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.model import ALL_KEYS

LINUX_6_1 = parse_release("6.1.0")


def declare(params, kernel=LINUX_6_1):
    """Return the settings that a module's parameters declare."""
    return read_settings(read_items(params, SETTINGS_VOCABULARY)[0], kernel)


def converge_fake(fake, params, check=False, kernel=LINUX_6_1, transport=None):
    """Converge a fake host; return the module's result."""
    host = SettingsHost(transport or fake, fake.parameters, fake.mtu_of, kernel)
    return converge_on(host, declare(params, kernel), check).as_result("IPVS settings", True)


def read_fake(fake):
    """Return every setting of a fake host by key."""
    return SettingsDriver(ALL_KEYS, fake, fake.parameters).read()
