# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real server of the scenarios, run on this machine's loopback."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parents[3] / "molecule/vm/recipe/root/usr/local/lib/sluice-vm"


def start(port: int, pidfile: Path) -> subprocess.CompletedProcess[str]:
    backend = [sys.executable, str(PROGRAMS / "backend.py"), "--name", "web1", "--port", str(port)]
    command = [*backend, "--daemon", "--pidfile", str(pidfile)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        number: int = free.getsockname()[1]
    pidfile = tmp_path_factory.mktemp("backend") / "pid"
    assert start(number, pidfile).returncode == 0
    yield number
    os.kill(int(pidfile.read_text()), signal.SIGTERM)


def ask_udp(address: str, port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAMS / "ask_udp.py"), address, str(port), "--timeout", "2"]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_it_answers_its_name_over_http_on_a_connection_that_stays_open(
    port: int, address: str
) -> None:
    connection = http.client.HTTPConnection(address, port, timeout=10)
    connection.connect()
    first = connection.sock
    for _request in range(2):
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"web1\n"
    assert connection.sock is first
    connection.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1"])
def test_it_answers_a_datagram_from_the_address_that_was_asked(port: int, address: str) -> None:
    assert ask_udp(address, port).stdout == "web1\n"


def test_a_slow_request_takes_the_seconds_it_asks_for(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    started = time.monotonic()
    connection.request("GET", "/slow?seconds=0.3")
    assert connection.getresponse().read() == b"web1\n"
    assert time.monotonic() - started >= 0.3
    connection.close()


def test_a_port_that_is_taken_fails_before_the_program_detaches(port: int, tmp_path: Path) -> None:
    second = start(port, tmp_path / "pid")
    assert second.returncode == 1
    assert second.stderr == f"backend: port {port}: Address already in use\n"
    assert not (tmp_path / "pid").exists()


def test_asking_where_nobody_listens_fails_in_one_line(port: int) -> None:
    asked = ask_udp("127.0.0.1", port + 1)
    assert asked.returncode == 1
    assert asked.stderr.startswith(f"ask-udp: 127.0.0.1 port {port + 1}: ")
    assert asked.stderr.count("\n") == 1
