# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchanges over connections in memory: orders of events that a network brings about rarely."""

from __future__ import annotations

import asyncio

import pytest
from running.memory import Plane, Wire
from running.proxy import to

TARGET = "http://127.0.0.1:9"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PUT = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
MUCH = 200_000


def test_requests_that_come_ahead_wait_until_the_client_takes_what_it_asked_for() -> None:
    page = "x" * MUCH
    config = f"listen: ['127.0.0.1:1']\nroutes: [{{name: p, page: {{content: {page}}}}}]\n"
    with Plane(config) as plane:
        client = plane.client(greedy=False)
        client.send(GET * 40)
        assert len(client.unsent) < 2 * MUCH
        # And it has a limit for taking it, as any client has.
        (left,) = plane.limits()
        assert 0 < left <= 30
        answers = 0
        while got := client.take():
            answers += got.count(b"HTTP/1.1 200 OK")
            assert len(client.unsent) < 2 * MUCH
            plane.step()
        assert answers == 40
        assert len(plane.log) == 40


def test_a_client_that_takes_nothing_is_read_no_further() -> None:
    page = "x" * MUCH
    config = f"listen: ['127.0.0.1:1']\nroutes: [{{name: p, page: {{content: {page}}}}}]\n"
    with Plane(config) as plane:
        client = plane.client(greedy=False)
        client.send(GET)
        for _unused in range(100):
            client.send(GET * 100)
        assert len(client.protocol._buffer) <= 64 * 1024 + 256 * 1024
        plane.pass_time(31)
        assert client.lost


def test_content_that_came_before_the_connection_does_not_go_past_a_target_that_takes_none() -> (
    None
):
    with Plane(to(TARGET)) as plane:
        client = plane.client()
        client.send(PUT % 10_000_000 + b"x" * 100_000)
        client.send(b"x" * 100_000)
        target = plane.dialled().accept(greedy=False)
        plane.step()
        for _unused in range(50):
            client.send(b"x" * 100_000)
            plane.step()
        assert len(target.unsent) < 500_000
        got = 0
        while got < 5_000_000:
            got += len(target.take())
            plane.step()


def test_a_connection_is_not_used_again_while_the_last_request_is_stuck_in_it() -> None:
    with Plane(to(TARGET)) as plane:
        client = plane.client()
        client.send(PUT % 100_000 + b"x" * 100_000)
        first = plane.dialled().accept(greedy=False)
        plane.step()
        first.send(OK)
        assert client.take().endswith(b"ok")
        client.send(GET)
        second = plane.dialled().accept()
        plane.step()
        assert second.take().startswith(b"GET / ")


def test_held_content_goes_on_over_the_connection_that_takes_the_place_of_a_stale_one() -> None:
    size = 10_000_000
    with Plane(to(TARGET)) as plane:
        client = plane.client()
        client.send(GET)
        first = plane.dialled().accept()
        plane.step()
        first.send(OK)
        first.greedy = False
        # Full, and still all of it at hand to be sent again.
        client.send(PUT % size)
        client.send(b"x" * 65_500)
        assert not client.reading
        first.lose(ConnectionResetError())
        second = plane.dialled().accept()
        plane.step()
        got = len(second.take())
        while got < size:
            client.send(b"x" * 100_000)
            plane.step()
            more = len(second.take())
            assert more, "the content does not go on"
            got += more


def test_any_number_of_interim_responses_may_come_at_once() -> None:
    with Plane(to(TARGET)) as plane:
        client = plane.client()
        client.send(GET)
        target = plane.dialled().accept()
        plane.step()
        target.send(b"HTTP/1.1 102 Processing\r\n\r\n" * 5000 + OK)
        got = client.take()
        assert got.count(b"HTTP/1.1 102 ") == 5000
        assert got.endswith(b"ok")


def test_a_client_is_bound_to_the_target_that_answered_even_if_targets_changed_meanwhile() -> None:
    urls = [f"http://127.0.0.{place}:9" for place in range(1, 4)]
    more = "balancing: {sticky: {secret: 'sixteen letters!'}}"

    def cookie(answer: bytes) -> bytes:
        return answer.split(b"Set-Cookie: ")[1].split(b";")[0]

    with Plane(to(urls[0], more)) as plane:
        client = plane.client()
        client.send(GET)
        target = plane.dialled().accept()
        plane.step()
        target.send(OK)
        expected = cookie(client.take())
        client.send(GET)
        plane.adopt(to(", ".join(reversed(urls)), more))
        target.send(OK)
        assert cookie(client.take()) == expected


def test_what_is_let_go_on_in_the_last_moment_of_its_hold_has_time_to_connect() -> None:
    with Plane(to(TARGET, "maintenance: {mode: pause, hold: 30s}")) as plane:
        client = plane.client()
        client.send(GET)
        (left,) = plane.limits()
        assert 0 < left <= 30
        plane.adopt(to(TARGET))
        plane.pass_time(31)
        target = plane.dialled().accept()
        plane.step()
        target.send(OK)
        assert client.take().endswith(b"ok")


def test_a_limit_of_another_attempt_does_not_end_the_next_one() -> None:
    with Plane(to(TARGET, "timeouts: {response: 20s}")) as plane:
        client = plane.client()
        client.send(GET)
        first = plane.dialled().accept()
        plane.step()
        first.lose()
        plane.pass_time(21)
        second = plane.dialled().accept()
        plane.step()
        second.send(OK)
        assert client.take().endswith(b"ok")


def test_the_limit_for_everything_holds_while_a_connection_is_made() -> None:
    with Plane(to(TARGET, "timeouts: {total: 2s, connect: 1m}")) as plane:
        client = plane.client()
        client.send(GET)
        plane.dialled()
        plane.pass_time(3)
        assert b"HTTP/1.1 504 " in client.take()


@pytest.mark.parametrize("mode", ["pause", "off"])
def test_a_client_that_waits_for_100_continue_is_not_told_that_it_is_slow(mode: str) -> None:
    maintenance = f"maintenance: {{mode: {mode}, hold: 10m}}\ntimeouts: {{response: 10m}}"
    with Plane(to(TARGET, maintenance)) as plane:
        client = plane.client()
        client.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        if mode == "off":
            target = plane.dialled().accept()
            plane.step()
        plane.pass_time(100)
        assert client.take() == b""
        if mode == "pause":
            plane.adopt(to(TARGET))
            target = plane.dialled().accept()
            plane.step()
        target.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert client.take() == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert min(plane.limits()) <= 30
        client.send(b"abc")
        assert target.take().endswith(b"\r\n\r\nabc")
        target.send(OK)
        assert client.take().endswith(b"ok")


def test_a_target_that_answers_neither_100_nor_anything_is_a_504() -> None:
    with Plane(to(TARGET, "timeouts: {response: 20s}")) as plane:
        client = plane.client()
        client.send(
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        plane.dialled().accept()
        plane.step()
        plane.pass_time(21)
        assert client.take().startswith(b"HTTP/1.1 504 ")


def test_more_connections_to_a_target_serve_those_that_wait_at_once() -> None:
    upstream = "upstream: {{connections: {}}}\n"
    with Plane(to(TARGET) + upstream.format(1)) as plane:
        clients = [plane.client() for _unused in range(2)]
        for client in clients:
            client.send(GET)
        plane.dialled()
        assert not plane.dialling.dials
        plane.adopt(to(TARGET) + upstream.format(2))
        target = plane.dialled().accept()
        plane.step()
        target.send(OK)
        assert clients[1].take().endswith(b"ok")


def test_connections_of_one_client_are_counted_whatever_the_limit_was_when_they_came() -> None:
    page = "listen: ['127.0.0.1:1']\nroutes: [{name: p, page: {content: hi}}]\n"
    limited = page + "limits: {connections_per_client: 2}\n"
    with Plane(page) as plane:
        first: Wire = plane.client()
        plane.adopt(limited)
        second = plane.client()
        assert plane.client().closing
        first.lose()
        assert not plane.client().closing
        assert plane.client().closing
        assert not second.closing


def test_requests_that_come_ahead_of_many_answers_are_bounded_too() -> None:
    page = "listen: ['127.0.0.1:1']\nroutes: [{name: p, page: {content: hi}}]\n"
    with Plane(to(TARGET)) as plane:
        client = plane.client()
        client.send(GET)
        target = plane.dialled().accept()
        plane.step()
        for _unused in range(200):
            client.send(GET * 2000)
            target.send(OK)
            plane.step()
            assert len(client.protocol._buffer) < 3 * 65536
            assert target.take().startswith(b"GET ")
        # And all that is read is answered in the end.
        plane.adopt(page)
        target.send(OK)
        for _unused in range(200):
            plane.step()
        assert client.take().count(b"HTTP/1.1 200 OK") == 10_000


class TwoAddresses:
    """Stands for the resolver: every name has these."""

    async def resolve(self, host: str) -> list[str]:
        return ["192.0.2.1", "192.0.2.2"]


def test_an_address_that_does_not_answer_leaves_time_for_the_next_one() -> None:
    with Plane(to("http://b.example:9", "timeouts: {connect: 200ms}")) as plane:
        plane.worker.names = TwoAddresses()  # type: ignore[assignment]
        client = plane.client()
        client.send(GET)
        assert plane.dialled().to == "192.0.2.1"
        while not plane.dialling.dials:
            plane.run(asyncio.sleep(0.01))
        second = plane.dialled()
        assert second.to == "192.0.2.2"
        target = second.accept()
        plane.step()
        target.send(OK)
        assert client.take().endswith(b"ok")


def test_an_address_that_failed_is_tried_last_for_a_while() -> None:
    with Plane(to("http://b.example:9")) as plane:
        plane.worker.names = TwoAddresses()  # type: ignore[assignment]
        clients = [plane.client() for _unused in range(3)]
        clients[0].send(GET)
        plane.dialled().refuse()
        assert plane.dialled().to == "192.0.2.2"
        clients[1].send(GET)
        again = plane.dialled()
        assert again.to == "192.0.2.2"
        # But it is tried when the others fail, too.
        again.refuse()
        assert plane.dialled().to == "192.0.2.1"
