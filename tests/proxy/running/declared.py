# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that runs with an admin socket, and modules of the collection that declare to it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.listing import list_routes
from ansible_collections.sluice.edge.plugins.module_utils._proxy.routes import (
    CLOCK,
    converge_routes,
)
from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT, VENV_BIN, environment
from running.service import Running, running

CONFIG = """
listen: [127.0.0.1:PORT]
metrics: 127.0.0.1:METRICS
workers: 1
store: FOLDER/store.db
admin: unix:FOLDER/admin.sock
issuing: {provider: local_ca, folder: FOLDER/ca}
log: {level: debug, access: FOLDER/access.log}
"""


class Declared:
    """A running proxy, and what modules do with it."""

    def __init__(self, folder: Path, proxy: Running) -> None:
        self.folder = folder
        self.proxy = proxy
        self.socket = str(folder / "admin.sock")

    def routes(self, check: bool = False, clock: Clock = CLOCK, **params: Any) -> dict[str, Any]:
        """Run proxy_route in this process."""
        return converge_routes(dict(params, socket=self.socket), check, True, clock)

    def certificates(self, check: bool = False, **params: Any) -> dict[str, Any]:
        """Run tls_cert in this process."""
        return converge_certificates(dict(params, socket=self.socket), check, True)

    def targets(self, name: str) -> list[dict[str, Any]]:
        """Return the targets that a route is declared with."""
        (found,) = list_routes({"socket": self.socket, "name": [name]})["routes"]
        targets: list[dict[str, Any]] = found["targets"]
        return targets

    def in_flight(self, name: str) -> int:
        """Return the requests of a route that are under way."""
        params = {"socket": self.socket, "name": [name], "status": True}
        (found,) = list_routes(params)["details"]
        count: int = found["status"]["traffic"]["in_flight"]
        return count


@contextmanager
def declaring(folder: Path, more: str = "") -> Iterator[Declared]:
    """Give a proxy that serves what is declared to it, and end it; ``more`` is for its file."""
    config = CONFIG.replace("FOLDER", str(folder)) + more
    with running(folder, config, data_plane=None) as proxy:
        yield Declared(folder, proxy)


def play(playbook: Path, *arguments: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    """Run a playbook against this host; return how it ended and what it said."""
    command = [str(VENV_BIN / "ansible-playbook"), "-i", "localhost,", "-c", "local"]
    given = json.dumps(dict(variables, ansible_python_interpreter=sys.executable))
    return subprocess.run(
        [*command, "-e", given, *arguments, str(playbook)],
        cwd=CHECKOUT,
        env={**environment(), "ANSIBLE_LOCALHOST_WARNING": "0", "LC_ALL": "C.UTF-8"},
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=200,
    )
