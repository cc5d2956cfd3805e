# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running proxy that gets certificates when clients ask: once, and not without permission."""

from __future__ import annotations

import asyncio
import http.client
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from running.ordering import Ordering, of_pebble, ordering, two_ports
from running.pebble import Behaviour, Pebble
from running.service import PATIENCE, free_port, until
from sluice_proxy.worker.questions import BOUNDS, CERTIFICATE

NAMES = 1000


class Permission(ThreadingHTTPServer):
    """Answers whether names may have certificates: with ``status``, or not before ``go_on``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Asked)
        self.status = 404
        self.asked: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.url = f"http://127.0.0.1:{self.server_address[1]}/may?token=secret-of-ours"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.go_on.set()
        self.shutdown()
        self.server_close()


class _Asked(BaseHTTPRequestHandler):
    server: Permission

    def do_GET(self) -> None:
        self.server.asked += parse_qs(urlsplit(self.path).query)["domain"]
        self.server.go_on.wait(PATIENCE)
        self.send_response(self.server.status)
        self.send_header("Location", "/permits")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_unused: object) -> None:
        pass


@pytest.fixture
def permission() -> Iterator[Permission]:
    one = Permission()
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def ports() -> tuple[int, int]:
    return two_ports()


@pytest.fixture
def pebble(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Pebble]:
    with Pebble(tmp_path / "ca", Behaviour(*ports)) as one:
        yield one


def on_demand(pebble: Pebble, section: str) -> str:
    return of_pebble(pebble) + f"  on_demand: {section}\n"


def all_shown(edge: Ordering, names: list[str], at_once: int) -> list[str]:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(edge.shown, names))


def test_many_first_clients_of_a_name_cause_one_order_and_later_ones_none(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, on_demand(pebble, "{names: .shop.test}"), *ports) as edge:
        (shown,) = set(all_shown(edge, ["a.shop.test"] * 20, 20))
        assert shown
        assert pebble.orders == 1
        edge.proxy.reload()
        assert set(all_shown(edge, ["a.shop.test"] * 4, 4)) == {shown}
        assert pebble.orders == 1
        assert edge.proxy.number('sluice_questions_total{about="certificate",result="found"}') <= 2


@pytest.mark.parametrize("how", ["redirects", "fails", "is slow", "is dead"])
def test_who_cannot_be_asked_permits_nothing(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int], permission: Permission, how: str
) -> None:
    url = permission.url
    if how == "is dead":
        url = f"http://127.0.0.1:{free_port()}/may?token=secret-of-ours"
    elif how == "is slow":
        permission.go_on.clear()
    permission.status = {"redirects": 302, "fails": 500}.get(how, 204)
    section = f"{{ask: '{url}', ask_timeout: 300ms}}"
    with ordering(tmp_path, on_demand(pebble, section), *ports) as edge:
        assert all_shown(edge, [f"{number}.customer.test" for number in range(5)], 5) == [""] * 5
        said = edge.said()
        assert said.count("names get no certificate on demand: the URL ask") == 1
        assert "secret-of-ours" not in said
        if how != "is dead":
            permission.status = 204
            permission.go_on.set()
            assert edge.shown("other.test")
            assert pebble.orders == 1
        assert "/permits" not in "".join(permission.asked)


def test_names_without_permission_are_asked_about_within_bounds_and_nothing_is_ordered(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int], permission: Permission
) -> None:
    section = f"{{names: .shop.test, ask: '{permission.url}'}}"
    with ordering(tmp_path, on_demand(pebble, section), *ports) as edge:
        assert edge.shown("held.shop.test")
        served = 0
        with ThreadPoolExecutor(1) as pool:
            flood = pool.submit(asyncio.run, refused(edge, NAMES))
            while not flood.done():
                assert edge.shown("held.shop.test")
                assert status(edge, "held.shop.test") == 404
                served += 1
            assert flood.result() == NAMES
        assert served > 0
        assert pebble.orders == 1
        assert len(permission.asked) == len(set(permission.asked)) < NAMES
        assert len(permission.asked) >= BOUNDS[CERTIFICATE].burst
        counted = 'sluice_questions_total{{about="certificate",result="{}"}}'.format
        until(
            lambda: sum(map(edge.proxy.number, map(counted, ("refused", "nothing")))) == NAMES,
            "the count of all names",
        )
        assert len(permission.asked) <= edge.proxy.number(counted("nothing"))


async def refused(edge: Ordering, number: int) -> int:
    """Return how many names are refused, of so many that all clients ask for at once."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    async def one(name: str) -> bool:
        try:
            await asyncio.open_connection(
                "127.0.0.1", edge.proxy.port, ssl=context, server_hostname=name
            )
        except ssl.SSLError as error:
            return error.reason == "TLSV1_UNRECOGNIZED_NAME"
        return False

    return sum(await asyncio.gather(*(one(f"{each}.customer.test") for each in range(number))))


def status(edge: Ordering, host: str) -> int:
    """Return the status of a plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", edge.plain_port, timeout=PATIENCE)
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()
