# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host must offer: the kernel's module, and the rights to use it."""

from __future__ import annotations

import os
from functools import partial
from typing import Any, Callable, Dict

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._ipvs.information import (
    gather_information,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.servers import converge_servers
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import converge_services
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.converge import (
    converge_settings,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.tests.integration.robust.director import Process, output

SERVICE = {"address": "192.0.2.100", "port": 80}
NOBODY = 65534

ENTRIES: Dict[str, Callable[[bool], Dict[str, Any]]] = {
    "ipvs_service": lambda check: converge_services(SERVICE, check, True),
    "ipvs_server": lambda check: converge_servers(
        {"service": SERVICE, "address": "198.51.100.1"}, check, True
    ),
    "ipvs_settings": lambda check: converge_settings({"timeouts": {"tcp": 60}}, check, True),
}


def loaded() -> bool:
    return os.path.exists("/proc/net/ip_vs")


@pytest.fixture
def unloaded() -> None:
    """Take IPVS out of the kernel; fails when a network namespace still has services."""
    if not loaded():
        return
    with open("/proc/modules", encoding="ascii") as modules:
        names = [line.split()[0] for line in modules]
    output("rmmod", *[name for name in names if name.startswith("ip_vs_")], "ip_vs")
    assert not loaded()


@pytest.mark.usefixtures("unloaded")
@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_check_mode_predicts_without_loading_ipvs(name: str) -> None:
    predicted = Process(lambda: ENTRIES[name](True)).wait().result
    assert predicted.get("changed") is True, predicted
    assert not loaded()


@pytest.mark.usefixtures("unloaded")
def test_information_says_that_ipvs_is_not_loaded_and_leaves_it_so() -> None:
    found = Process(lambda: gather_information({"with_statistics": True})).wait().result
    assert found["loaded"] is False
    assert found["services"] == []
    assert not loaded()


@pytest.mark.usefixtures("unloaded")
def test_applying_loads_ipvs() -> None:
    try:
        done = Process(lambda: ENTRIES["ipvs_service"](False)).wait().result
        assert done.get("changed") is True, done
        assert output("ipvsadm", "-Sn") == "-A -t 192.0.2.100:80 -s wlc\n"
    finally:
        output("ipvsadm", "-C")


READERS_AND_WRITERS: Dict[str, Callable[[], Dict[str, Any]]] = {
    **{name: partial(entry, False) for name, entry in ENTRIES.items()},
    **{"%s in check mode" % name: partial(entry, True) for name, entry in ENTRIES.items()},
    "vip": lambda: converge_addresses({"address": "192.0.2.100", "interface": "lo"}, False, True),
    "ipvs_info": lambda: gather_information({}),
}


@pytest.mark.parametrize("name", sorted(READERS_AND_WRITERS))
def test_without_root_the_capability_is_asked_for_in_one_line(name: str) -> None:
    def as_nobody() -> Dict[str, Any]:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return READERS_AND_WRITERS[name]()

    message = Process(as_nobody).wait().result["msg"]
    assert "CAP_NET_ADMIN" in message
    assert "\n" not in message
