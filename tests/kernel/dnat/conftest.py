# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edge for each backend: laid out once, swept before each test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import PORT, SERVERS, Edge
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import serving
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command

BACKENDS = ("nftables", "iptables")
AFFINE_FAMILIES = (4, 6)


@pytest.fixture(scope="session", params=BACKENDS)
def _laid_out(request: pytest.FixtureRequest) -> Iterator[Edge]:
    stem = "sluice-dnat-%d-%s" % (os.getpid(), request.param)
    made = [Namespace(stem + end) for end in ("-c", "-h", "-s")]
    try:
        for one in made:
            command("ip", "netns", "add", one.name)
            one.ip("link", "set", "lo", "up")
        built = Edge(request.param, *made)
        built.connect()
        yield built
    finally:
        for one in made:
            subprocess.run(["ip", "netns", "del", one.name], check=False, capture_output=True)


@pytest.fixture
def edge(_laid_out: Edge) -> Edge:
    _laid_out.clear()
    return _laid_out


@pytest.fixture
def served(edge: Edge) -> Iterator[Edge]:
    places = [(edge.servers, address, PORT) for family in (4, 6) for address in SERVERS[family]]
    with serving(places):
        yield edge
