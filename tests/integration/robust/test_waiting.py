# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""While it waits for connections to end, a module uses next to no processor time."""

from __future__ import annotations

import subprocess
import time
from typing import Iterator

import pytest

from ansible_collections.sluice.edge.tests.integration.robust.director import (
    Director,
    Process,
    output,
)

WAIT = 10.0
SHARE = 0.05

_CONNECTION = """
import socket, sys
listener = socket.create_server(("192.0.2.1", 80))
client = socket.create_connection(("192.0.2.100", 80))
print("connected", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def connection(director: Director) -> Iterator[None]:
    """Hold a connection through the service 192.0.2.100:80 to the director itself."""
    output("ip", "-n", director.name, "address", "add", "192.0.2.100/32", "dev", "lo")
    director.services(
        address="192.0.2.100",
        port=80,
        servers=[{"address": "192.0.2.1", "forward_method": "masquerade"}],
    )
    command = ["ip", "netns", "exec", director.name, "python3", "-c", _CONNECTION]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "connected\n"
        yield
        process.stdin.close()


@pytest.mark.usefixtures("connection")
def test_draining_for_ten_seconds_takes_less_than_5_percent_of_a_core(director: Director) -> None:
    started = time.monotonic()
    ended = Process(
        lambda: director.servers(
            service={"address": "192.0.2.100", "port": 80},
            address="192.0.2.1",
            state="drained",
            drain_timeout=WAIT,
            on_timeout="keep",
        )
    ).wait()
    seconds = time.monotonic() - started
    assert ended.result["drained"][0]["timed_out"], ended.result
    assert ended.result["drained"][0]["connections_before"] == 1
    assert WAIT <= seconds < WAIT + 5
    assert ended.processor_seconds < SHARE * WAIT
