# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a node shares by follows from its configuration; nothing is reached before it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from sluice_proxy.fleet.opening import open_shared
from sluice_proxy.fleet.redis.connecting import client
from sluice_proxy.snapshot.fleet import Redis

PACKAGE = Path(__file__).resolve().parents[4] / "roles" / "proxy" / "files"


def kind(fleet: Redis | None, store: str | None) -> str:
    return type(open_shared(fleet, store)).__name__


def test_a_fleet_shares_by_redis_and_a_node_alone_by_itself() -> None:
    assert kind(Redis("nobody.invalid:6379"), "/nowhere/edge.db") == "RedisShared"
    assert kind(None, "/nowhere/edge.db") == kind(None, None) == "Alone"
    assert not Path("/nowhere").exists()


def test_a_node_alone_loads_nothing_of_redis() -> None:
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sluice_proxy.fleet.opening as opening, sys; opening.open_shared(None, None);"
            " print(*sys.modules)",
        ],
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "sluice_proxy.fleet.alone" in said
    assert "redis" not in said


def test_an_address_of_ipv6_is_told_without_its_brackets() -> None:
    known = client(Redis("[2001:db8::5]:6380"), 1.0).connection_pool.connection_kwargs

    assert (known["host"], known["port"]) == ("2001:db8::5", "6380")
