# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validations by HTTP-01: answered beside whatever else a host does, and in the way of nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running.answers import Answers
from running.memory import Plane
from sluice_proxy.snapshot.asking import Asking
from sluice_proxy.worker.questions import HTTP_01, Reply

TOKEN = "token-of_the-CA"
CONTENT = b"token-of_the-CA.thumbprint"
FOUND = Reply(found=True, payloads=(CONTENT,))
ROUTES = """
listen: ['127.0.0.1:1']
routes:
  - {name: target, hosts: target.test, targets: ['http://127.0.0.1:9']}
  - {name: moved, hosts: moved.test, redirect: 'https://{host}{path}'}
  - name: closed
    hosts: closed.test
    targets: ['http://127.0.0.1:9']
    maintenance: {mode: stop}
  - name: paused
    hosts: paused.test
    targets: ['http://127.0.0.1:9']
    maintenance: {mode: pause}
  - {name: rare, hosts: rare.test, targets: ['http://127.0.0.1:9'], rate_limit: {rate: 1/m}}
"""


def get(host: str, token: str = TOKEN, method: str = "GET", more: str = "") -> bytes:
    path = f"/.well-known/acme-challenge/{token}"
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


@pytest.fixture
def answers() -> Answers:
    made = Answers()
    made.known[HTTP_01, TOKEN] = FOUND
    return made


@pytest.fixture
def plane(answers: Answers) -> Iterator[Plane]:
    with Plane(ROUTES, answers.questions, Asking(validations=True)) as made:
        answers.loop = made.loop
        yield made


@pytest.mark.parametrize(
    "host", ["target.test", "moved.test", "closed.test", "paused.test", "no-route.test"]
)
def test_a_validation_is_answered_whatever_its_host_does(plane: Plane, host: str) -> None:
    client = plane.client()
    client.send(get(host))
    assert client.take() == b""
    plane.step()

    head, _mark, content = client.take().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nContent-Type: application/octet-stream" in head
    assert content == CONTENT
    assert [(line.status, line.error) for line in plane.log] == [(200, "")]


def test_a_validation_is_not_counted_by_a_rate_limit(plane: Plane) -> None:
    client = plane.client()
    for _unused in range(5):
        client.send(get("rare.test"))
        plane.step()
    assert client.take().count(b"HTTP/1.1 200 ") == 5


def test_a_head_request_gets_the_length_alone(plane: Plane) -> None:
    client = plane.client()
    client.send(get("moved.test", method="HEAD"))
    plane.step()

    answer = client.take()
    assert answer.endswith(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(CONTENT) in answer


@pytest.mark.parametrize(
    "request_",
    [
        get("moved.test", token="unknown"),
        get("moved.test", token=f"{TOKEN}/more"),
        get("moved.test", token=""),
        get("moved.test", token="not%20a%20token"),
        get("moved.test", token="t" * 257),
        get("moved.test", token=f"{TOKEN}?query"),
        get("moved.test", method="POST", more="Content-Length: 0\r\n"),
        get("moved.test", more="Content-Length: 1\r\n") + b"x",
        b"GET /.well-known/acme-challenge HTTP/1.1\r\nHost: moved.test\r\n\r\n",
    ],
)
def test_what_is_no_known_validation_goes_on_like_any_request(
    plane: Plane, request_: bytes
) -> None:
    client = plane.client()
    client.send(request_)
    plane.step()

    assert client.take().startswith(b"HTTP/1.1 308 ")


def test_only_what_may_be_a_token_is_asked_about(plane: Plane, answers: Answers) -> None:
    client = plane.client()
    for token in ("a/b", "", "a%20b", "unknown"):
        client.send(get("moved.test", token=token))
        plane.step()

    assert answers.asked == [(HTTP_01, "unknown")]


def test_an_origin_that_validates_by_itself_gets_what_is_unknown(plane: Plane) -> None:
    client = plane.client()
    client.send(get("target.test", token="unknown"))
    target = plane.dialled().accept()
    plane.step()

    assert target.take().startswith(b"GET /.well-known/acme-challenge/unknown HTTP/1.1\r\n")


def test_nothing_is_asked_where_no_authority_is_to_come(answers: Answers) -> None:
    with Plane(ROUTES, answers.questions, Asking()) as plane:
        client = plane.client()
        client.send(get("moved.test"))

        assert client.take().startswith(b"HTTP/1.1 308 ")
    assert answers.asked == []


def test_answers_stay_in_the_order_of_their_requests(plane: Plane, answers: Answers) -> None:
    answers.otherwise = None
    client = plane.client()
    other = b"GET /other HTTP/1.1\r\nHost: moved.test\r\n\r\n"
    client.send(get("moved.test", token="slow") + other)
    plane.step()
    assert client.take() == b""

    answers.answer(FOUND)
    plane.step()
    got = client.take()
    assert 0 < got.index(CONTENT) < got.index(b"HTTP/1.1 308 ")


def test_one_who_ended_its_side_is_still_answered(plane: Plane, answers: Answers) -> None:
    answers.otherwise = None
    client = plane.client()
    client.send(get("moved.test", token="slow"))
    client.end()
    answers.answer(FOUND)
    plane.step()

    assert client.take().endswith(CONTENT)
    assert client.lost


def test_a_client_that_goes_is_forgotten(plane: Plane, answers: Answers) -> None:
    answers.otherwise = None
    client = plane.client()
    client.send(get("moved.test", token="slow"))
    client.lose()
    assert [line.status for line in plane.log] == [499]

    answers.answer(FOUND)
    plane.step()
    assert len(plane.log) == 1
    assert not plane.worker.deadlines.watched


def test_a_supervisor_that_is_silent_is_waited_for_no_longer_than_a_moment(
    plane: Plane, answers: Answers
) -> None:
    answers.otherwise = None
    client = plane.client()
    client.send(get("moved.test", token="slow"))
    answers.questions.expire(float("inf"))

    assert client.take().startswith(b"HTTP/1.1 308 ")


def test_what_is_unknown_is_decided_by_the_snapshot_of_that_moment(
    plane: Plane, answers: Answers
) -> None:
    answers.otherwise = None
    client = plane.client()
    client.send(get("later.test", token="slow"))
    plane.adopt(ROUTES + "  - {name: later, hosts: later.test, redirect: 'https://b.test/'}\n")
    answers.answer(Reply(found=False))

    assert client.take().startswith(b"HTTP/1.1 308 ")


def test_a_held_request_is_not_asked_about_again(plane: Plane, answers: Answers) -> None:
    client = plane.client()
    client.send(get("paused.test", token="unknown"))
    plane.step()
    assert len(plane.worker.held) == 1

    plane.adopt(ROUTES.replace("pause}", "'off'}"))
    plane.dialled().accept()
    plane.step()
    assert answers.asked == [(HTTP_01, "unknown")]
    client.lose()
