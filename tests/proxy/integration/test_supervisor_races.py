# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two things at once: what the supervisor does is the last of them, and whole."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running.descriptors import descriptors, worker_descriptors
from running.service import PATIENCE, Running, running, until

CONFIG = """
listen: 127.0.0.1:PORT
workers: 2
metrics: 127.0.0.1:METRICS
timeouts: {drain: 10s}
"""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, CONFIG) as one:
        yield one


def settled(proxy: Running, routes: int) -> bool:
    """Whether two workers serve the newest snapshot, of so many routes, and it is all there is."""
    newest = proxy.number("sluice_snapshot_version")
    return (
        proxy.number("sluice_routes") == routes
        and proxy.number("sluice_workers") == 2
        and proxy.number("sluice_workers_leaving") == 0
        and {proxy.ask()["version"] for _unused in range(10)} == {newest}
    )


def with_routes(count: int) -> str:
    routes = ", ".join(
        f"{{name: r{number}, hosts: r{number}.test, page: x}}" for number in range(count)
    )
    return CONFIG + f"routes: [{routes}]"


def test_workers_that_die_over_a_change_are_replaced_by_workers_that_have_it(
    proxy: Running,
) -> None:
    for count in range(1, 6):
        proxy.write(with_routes(count))
        proxy.signal(signal.SIGHUP)
        with contextlib.suppress(ProcessLookupError):
            os.kill(proxy.workers()[count % 2], signal.SIGKILL)
        until(lambda count=count: settled(proxy, count), f"change {count}")
    assert proxy.number('sluice_reloads_total{result="refused"}') == 0


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGHUP, signal.SIGUSR2), (signal.SIGUSR2, signal.SIGHUP), (signal.SIGUSR2,) * 3],
    ids=["change, then upgrade", "upgrade, then change", "three upgrades"],
)
def test_what_the_file_says_is_served_whatever_comes_together(
    proxy: Running, signals: tuple[signal.Signals, ...]
) -> None:
    proxy.write(with_routes(3))
    for number in signals:
        proxy.signal(number)
    until(lambda: proxy.said.count("serving: ") >= 2, "the upgrade")
    until(lambda: settled(proxy, 3), "the change")


@pytest.mark.parametrize("wait", [0.0, 0.5])
def test_who_is_told_to_stop_in_an_upgrade_stops(proxy: Running, wait: float) -> None:
    proxy.signal(signal.SIGUSR2)
    # Wherever in the upgrade that is: before the new program, or within it.
    time.sleep(wait)
    children = proxy.workers()

    assert proxy.stop() == 0
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children), "their end")


def test_a_worker_whose_clients_have_taken_all_descriptors_is_still_asked_and_told(
    tmp_path: Path,
) -> None:
    config = CONFIG.replace("workers: 2", "workers: 1") + "routes: [{name: one, page: hello}]"
    with running(tmp_path, config, data_plane=None) as proxy:
        (worker,) = proxy.workers()
        number = proxy.number("sluice_snapshot_version")
        limit = worker_descriptors(worker) + 5
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (limit, limit))
        clients = [
            socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE)
            for _unused in range(20)
        ]
        until(lambda: descriptors(worker) == limit, "no descriptors left")
        proxy.reload(config.replace("hello", "changed"))
        assert proxy.number("sluice_snapshot_version") == number + 1, proxy.said
        assert proxy.workers() == [worker]
        for client in clients:
            client.close()
        assert proxy.number("sluice_worker_deaths_total") == 0
