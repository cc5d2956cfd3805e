# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three proxies that share a Redis, behind a balancer that sends each connection to any of them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from running.balancer import Balancer
from running.closing import Closing
from running.fleet import SECRET, redis_of, secret_file
from running.ordering import Ordering, config_of, two_ports
from running.redis_server import RedisServer
from running.service import Running, until

NODES = 3
T = TypeVar("T")


class Proxies(Closing):
    """They order as ``issuing`` says, a section of the configuration, which is got when it is known
    where the balancer is: an authority comes there to validate."""

    def __init__(
        self, folder: Path, redis: RedisServer, issuing: Callable[[Balancer, Balancer], str]
    ) -> None:
        self.nodes: list[Ordering] = []
        places = [two_ports() for _unused in range(NODES)]
        with ExitStack() as stack:
            self.plain = stack.enter_context(Balancer([plain for plain, _tls in places]))
            self.tls = stack.enter_context(Balancer([tls for _plain, tls in places]))
            section = issuing(self.plain, self.tls)
            for number, (plain, tls) in enumerate(places):
                node = node_of_fleet(folder / f"n{number}", redis, section, plain, tls)
                stack.callback(node.proxy.close)
                self.nodes.append(node)
            self.each(lambda node: node.proxy.wait_ready())
            self._stack = stack.pop_all()

    def declare(self, names: Sequence[str]) -> None:
        """Declare a route for each name on all nodes, at once."""
        self.each(lambda node: declare(node, names))

    def each(self, work: Callable[[Ordering], T]) -> list[T]:
        """Return what ``work`` returns for each node; it is done for all at once."""
        with ThreadPoolExecutor(NODES) as threads:
            return list(threads.map(work, self.nodes))

    def until_held(
        self, names: Iterable[str], nodes: Sequence[Ordering] | None = None, of: str = "auto "
    ) -> None:
        """Wait until nodes, all by default, have a certificate for every name.

        ``of`` is what ids of certificates begin with before the name.
        """
        wanted = {f"{of}{name}" for name in names}

        for node in nodes or self.nodes:
            until(partial(_holds, node, wanted), f"every certificate at {node.folder.name}")

    def shown(self, name: str) -> set[str]:
        """Return what nodes show to clients of a name."""
        return {node.shown(name) for node in self.nodes}

    def close(self) -> None:
        """End them, and the balancer."""
        self._stack.close()


def _holds(node: Ordering, wanted: set[str]) -> bool:
    return wanted == {
        one["id"]
        for one in node.status()["certificates"]
        if one["id"] in wanted and one["order"]["state"] == "held"
    }


def node_of_fleet(folder: Path, redis: RedisServer, issuing: str, plain: int, tls: int) -> Ordering:
    """Return a node that shares by a Redis, and was started a moment ago."""
    folder.mkdir(0o700)
    reached = redis_of(redis, folder)
    fleet = (
        f"fleet: {{redis: {{address: '{reached.address}', password_file: {reached.password_file},"
        f" secret_file: {secret_file(folder, 'secret', SECRET)}}}}}\n"
    )
    config = config_of(folder, issuing, plain, tls).replace("workers: 2", "workers: 1")
    proxy = Running(folder, config + fleet, None)
    proxy.port = tls
    proxy.start()
    return Ordering(folder, proxy, plain)


def declare(node: Ordering, names: Sequence[str]) -> None:
    """Declare a route for each name, with a certificate that is to be ordered."""
    changes: list[dict[str, Any]] = [
        {
            "kind": "route",
            "id": name,
            "document": {"hosts": name, "tls": "auto", "page": {"content": "served"}},
        }
        for name in names
    ]
    status, answer = node.ask("POST", "/v1/changes", {"changes": changes})
    assert status == 200, answer


def kill(node: Ordering) -> None:
    """End all processes of a node at once."""
    process = node.proxy.process
    for pid in (process.pid, *node.proxy.workers()):
        os.kill(pid, signal.SIGKILL)
    process.wait()
