# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fake proxy with an admin socket, for one test."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.routes import (
    CLOCK,
    converge_routes,
)
from ansible_collections.sluice.edge.tests.fakes.proxy import FakeProxy, serving


class Host:
    """A host where a fake proxy runs."""

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.fake = FakeProxy()

    def routes(self, check: bool = False, clock: Clock = CLOCK, **params: Any) -> Dict[str, Any]:
        return converge_routes(dict(params, socket=self.socket), check, True, clock)

    def certificates(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        return converge_certificates(dict(params, socket=self.socket), check, True)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    made = Host(str(tmp_path / "admin.sock"))
    with serving(made.fake, made.socket):
        yield made
