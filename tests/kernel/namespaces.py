# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A named network namespace as tests use it, by iproute2: an eye independent of our own."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.plugins.module_utils._kernel.sysctl import Sysctls


def command(*words: str) -> str:
    """Run a command; return what it printed, or raise with what it complained about."""
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, "%s: %s" % (" ".join(words), done.stderr)
    return done.stdout


class Namespace:
    """One named namespace; ``neighbour`` is the one behind its eth0."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.neighbour: Namespace

    def ip(self, *words: str) -> str:
        return command("ip", "-n", self.name, *words)

    def addresses(self) -> list[dict[str, Any]]:
        """Return what ``ip -j addr`` shows, one dictionary for each address."""
        return [
            {"interface": link["ifname"], **address}
            for link in json.loads(self.ip("-j", "-d", "addr", "show"))
            for address in link["addr_info"]
        ]

    def mac(self, interface: str = "eth0") -> str:
        (link,) = json.loads(self.ip("-j", "link", "show", "dev", interface))
        return str(link["address"])

    def set(self, parameter: str, value: str) -> None:
        with network_namespace(self.name):
            Sysctls().write(parameter, value)

    def get(self, parameter: str) -> str | None:
        with network_namespace(self.name):
            return Sysctls().read(parameter)

    def wait_until_settled(self) -> None:
        """Wait until no address is tentative and eth0 has its link-local address."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            shown = [entry for entry in self.addresses() if entry["interface"] == "eth0"]
            if shown and not any(entry.get("tentative") for entry in shown):
                return
            time.sleep(0.05)
        raise AssertionError("addresses of %s do not settle: %s" % (self.name, shown))
