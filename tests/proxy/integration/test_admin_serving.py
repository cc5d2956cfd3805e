# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the admin API is served: bounds, slow clients, browsers that were lured, and the end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from running.admin_api import CLOSED_WITHIN, AdminApi
from running.admin_client import ask
from running.fake_edge import FakeEdge
from sluice_proxy.admin import asking, json_text, serving
from sluice_proxy.admin.serving import Door
from sluice_proxy.resources.model import Batch, Outcome

ROUTE = {"hosts": "a.test"}
PATIENCE = 30


@pytest.fixture
def api(tmp_path: Path) -> Iterator[AdminApi]:
    with AdminApi(tmp_path / "admin.sock") as api:
        yield api


_ends: list[socket.socket] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _ends:
        _ends.pop().close()


def connected(api: AdminApi, sent: bytes = b"") -> socket.socket:
    end = socket.socket(socket.AF_UNIX)
    _ends.append(end)
    end.settimeout(PATIENCE)
    end.connect(api.path)
    if sent:
        end.sendall(sent)
    return end


def rest(end: socket.socket) -> bytes:
    """Return what comes until the connection ends."""
    found = b""
    while True:
        try:
            piece = end.recv(65_536)
        except ConnectionResetError:
            return found
        if not piece:
            return found
        found += piece


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": NaN}', "no number"),
        (b'{"a": -Infinity}', "no number"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"1" * 5000 + b"}", "digits"),
        (b"[" * 33 + b"]" * 33, "deeper"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper"),
        (b'{"hosts": "\xff"}', "UTF-8"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'{"hosts": "\\ud800"}', "surrogate"),
        (b"\xef\xbb\xbf{}", "not JSON"),
    ],
)
def test_what_is_not_json_for_everybody_is_refused(api: AdminApi, body: bytes, said: str) -> None:
    answer = ask(api.path, "PUT", "/v1/routes/app", body)

    assert answer.status == 400
    assert said in answer.json["detail"]
    assert ask(api.path, "GET", "/v1").json["revision"] == 0


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
)
def test_another_type_is_refused(api: AdminApi, kind: str) -> None:
    answer = ask(api.path, "PUT", "/v1/routes/app", ROUTE, [("Content-Type", kind)])

    assert (answer.status, answer.fields["accept"]) == (415, "application/json")


def test_compressed_content_is_refused(api: AdminApi) -> None:
    fields = [("Content-Encoding", "gzip")]
    assert ask(api.path, "PUT", "/v1/routes/app", ROUTE, fields).status == 415


@pytest.mark.parametrize("declared", [True, False])
def test_content_beyond_the_limit_is_refused(
    api: AdminApi, declared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = b"PUT /v1/routes/app HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    if declared:
        end = connected(api, head + b"Content-Length: %d\r\n\r\n" % (json_text.MOST_BYTES + 1))
    else:
        end = connected(api, head + b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
        try:
            for _number in range(33):
                end.sendall(piece)
            end.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
    assert rest(end).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "path",
    ["/v1/routes?dryrun=true", "/v1/routes?owner=a&owner=b", "/v1/routes?none=%ff"],
)
def test_a_parameter_that_is_not_understood_is_refused(api: AdminApi, path: str) -> None:
    assert ask(api.path, "GET", path).status == 400


def test_a_dry_run_that_is_misspelt_changes_nothing(api: AdminApi) -> None:
    assert ask(api.path, "PUT", "/v1/routes/app?dry_run=yes", ROUTE).status == 400
    assert ask(api.path, "PUT", "/v1/routes/app?dry-run=true", ROUTE).status == 400
    assert ask(api.path, "GET", "/v1").json["revision"] == 0


def test_other_methods_are_told_those_that_there_are(api: AdminApi) -> None:
    answer = ask(api.path, "POST", "/v1/routes/app", ROUTE)

    assert (answer.status, answer.fields["allow"]) == (405, "DELETE, GET, HEAD, PUT")
    assert answer.json["title"] == "Method Not Allowed"


def test_head_is_answered_without_content(api: AdminApi) -> None:
    answer = ask(api.path, "HEAD", "/v1/routes")

    assert (answer.status, answer.content) == (200, b"")
    assert int(answer.fields["content-length"]) > 0


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:8080", 200),
        ("edge.localhost", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("unix", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example:8080", 421),
        ("evil.example.", 421),
        ("", 421),
    ],
)
def test_a_name_of_somebody_elses_is_not_answered(api: AdminApi, host: str, status: int) -> None:
    end = connected(api, f"GET /v1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

    assert rest(end).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost", 201), ("http://evil.example", 403), ("null", 403)],
)
def test_a_page_of_another_site_changes_nothing(api: AdminApi, origin: str, status: int) -> None:
    answer = ask(api.path, "PUT", "/v1/routes/app", ROUTE, [("Origin", origin)])

    assert answer.status == status
    assert ask(api.path, "GET", "/v1").json["revision"] == (1 if status == 201 else 0)


@pytest.mark.parametrize("path", ["/v1", "/none", "/routes", "/status", "/metrics"])
def test_every_answer_is_kept_from_caches_frames_and_guesses(api: AdminApi, path: str) -> None:
    fields = ask(api.path, "GET", path).fields

    assert fields["cache-control"] == "no-store"
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["x-frame-options"] == "DENY"
    assert fields["server"] == "sluice-proxy"


def test_who_sends_no_head_is_closed(api: AdminApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HEAD_PATIENCE", 0.2)

    assert rest(connected(api)) == b""
    assert rest(connected(api, b"GET /v1 HTTP/1.1\r\nHost:")) == b""


def test_who_sends_its_content_slowly_is_told_and_closed(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    end = connected(
        api,
        b"PUT /v1/routes/app HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 20\r\n\r\n{",
    )

    assert rest(end).startswith(b"HTTP/1.1 408 ")


def test_who_does_not_read_its_answer_is_closed(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "WRITE_PATIENCE", 0.2)
    page = {"content": "x" * 1_000_000}
    ask(api.path, "PUT", "/v1/pages/502", page)
    end = connected(api, b"GET /v1/pages HTTP/1.1\r\nHost: x\r\n\r\n")

    assert end.recv(1) == b"H"
    until(lambda: api.run(connections(api)) == 0)
    assert len(rest(end)) < 1_000_000


def test_further_connections_are_closed_and_those_there_go_on(
    api: AdminApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST_CONNECTIONS", 2)
    first, second = connected(api), connected(api)

    assert rest(connected(api)) == b""
    for end in (first, second):
        end.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert rest(end).startswith(b"HTTP/1.1 200 ")
    until(lambda: api.run(connections(api)) == 0)
    assert ask(api.path, "GET", "/v1").status == 200


def test_fifty_clients_at_once_lose_nothing(api: AdminApi) -> None:
    def write(number: int) -> list[int]:
        path = f"/v1/routes/r{number}"
        return [
            ask(api.path, "PUT", path, {"hosts": f"{turn}.r{number}.test"}).status
            for turn in range(4)
        ]

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(write, range(50)))

    assert statuses == [[201, 200, 200, 200]] * 50
    items = ask(api.path, "GET", "/v1/routes").json["items"]
    assert [one["document"]["hosts"] for one in items] == [
        f"3.r{number}.test" for number in sorted(range(50), key=lambda number: f"r{number}")
    ]


def test_of_many_who_saw_the_same_version_one_wins(api: AdminApi) -> None:
    ask(api.path, "PUT", "/v1/routes/app", ROUTE)

    def write(number: int) -> int:
        document = {"hosts": f"{number}.test"}
        return ask(api.path, "PUT", "/v1/routes/app", document, [("If-Match", '"1"')]).status

    with ThreadPoolExecutor(50) as pool:
        statuses = sorted(pool.map(write, range(50)))

    assert statuses == [200] + [412] * 49


def test_many_patches_of_one_route_are_all_made(api: AdminApi) -> None:
    targets = [f"http://10.0.0.{number}" for number in range(1, 31)]
    ask(api.path, "PUT", "/v1/routes/app", {"hosts": "a.test", "targets": targets})

    def patch(number: int) -> int:
        path = f"/v1/routes/app/targets/http%3A%2F%2F10.0.0.{number}"
        return ask(api.path, "PATCH", path, {"weight": number + 1}).status

    with ThreadPoolExecutor(30) as pool:
        assert set(pool.map(patch, range(1, 31))) == {200}
    found = ask(api.path, "GET", "/v1/routes/app").json["document"]["targets"]
    assert [one["weight"] for one in found] == list(range(2, 32))


class Hanging(FakeEdge):
    """Begins changes and makes them when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def change(self, batch: Batch) -> Outcome:
        self.begun.set()
        await self.go_on.wait()
        return await super().change(batch)


def test_a_request_that_is_being_answered_is_answered_before_the_end(tmp_path: Path) -> None:
    edge = Hanging()
    with AdminApi(tmp_path / "admin.sock", edge) as api, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, api.path, "PUT", "/v1/routes/app", ROUTE)
        api.run(edge.begun.wait())
        closing = asyncio.run_coroutine_threadsafe(api.server.close(60), api.loop)
        api.loop.call_soon_threadsafe(edge.go_on.set)

        assert answer.result(PATIENCE).status == 201
        closing.result(PATIENCE)


HALF_A_CHANGE = (
    b"PUT /v1/routes/app HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
)


@pytest.mark.parametrize("sent", [b"", b"GET /v1 HTTP/1.1\r\n", HALF_A_CHANGE])
def test_no_client_keeps_the_api_from_ending(tmp_path: Path, sent: bytes) -> None:
    with AdminApi(tmp_path / "admin.sock") as api:
        end = connected(api, sent)
        until(lambda: api.run(connections(api)) == 1)
        api.run(api.server.close(0.2))

        assert rest(end) == b"" or sent.startswith(b"PUT")
        assert not is_served(api)


def test_a_change_that_hangs_keeps_nobody_from_ending(tmp_path: Path) -> None:
    edge = Hanging()
    with AdminApi(tmp_path / "admin.sock", edge) as api:
        head = b"DELETE /v1/routes/app HTTP/1.1\r\nHost: x\r\n\r\n"
        end = connected(api, head)
        api.run(edge.begun.wait())
        api.run(api.server.close(0.2))

        assert rest(end) == b""


def test_doors_come_and_go_while_connections_stay(api: AdminApi, tmp_path: Path) -> None:
    kept = connected(api)
    until(lambda: api.run(connections(api)) == 1)
    other = socket.socket(socket.AF_UNIX)
    other.bind(str(tmp_path / "other.sock"))
    other.listen()
    api.run(api.server.serve([Door(other)]))

    kept.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert rest(kept).startswith(b"HTTP/1.1 200 ")
    assert ask(str(tmp_path / "other.sock"), "GET", "/v1").status == 200
    assert not is_served(api)
    other.close()


def is_served(api: AdminApi) -> bool:
    """Whether somebody accepts: else a connection waits in the backlog of the socket."""
    before = api.run(connections(api))
    connected(api)
    try:
        until(lambda: api.run(connections(api)) > before, seconds=0.3)
    except AssertionError:
        return False
    return True


def until(true: Any, seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


async def connections(api: AdminApi) -> int:
    return api.server.connections


def test_closing_twice_is_no_error(api: AdminApi) -> None:
    api.run(api.server.close(CLOSED_WITHIN))
    api.run(api.server.close(CLOSED_WITHIN))
