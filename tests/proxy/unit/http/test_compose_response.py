# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The head that a client gets, and how its content is framed."""

from __future__ import annotations

import pytest
from corpus.case import lines
from sluice_proxy.http.forwarding import (
    BadChange,
    FieldChanges,
    OutgoingFraming,
    ResponsePolicy,
    compose_response,
    outgoing_framing,
)
from sluice_proxy.http.response_gate import parse_response


def composed(
    *fields: str,
    status: str = "HTTP/1.1 200 OK",
    method: bytes = b"GET",
    policy: ResponsePolicy = ResponsePolicy(),  # noqa: B008 - frozen
    client_version: bytes = b"1.1",
    keep_alive: bool = True,
    date: bytes | None = None,
    upgrade: bytes | None = None,
) -> tuple[list[str], OutgoingFraming]:
    """Return the lines that a client gets, and the framing of the content."""
    head = parse_response(lines(status, *fields), method, upgrade=upgrade)
    framing = outgoing_framing(head, client_version)
    raw = compose_response(head, policy, framing, client_version, keep_alive, date)
    assert raw.endswith(b"\r\n\r\n")
    return raw[:-4].decode("latin-1").split("\r\n"), framing


@pytest.mark.parametrize(
    ("fields", "client_version", "framing", "lines_after"),
    [
        (["Content-Length: 5"], b"1.1", OutgoingFraming.LENGTH, ["Content-Length: 5"]),
        (["Content-Length: 0"], b"1.1", OutgoingFraming.NONE, ["Content-Length: 0"]),
        (["Content-Length: 5"], b"1.0", OutgoingFraming.LENGTH,
         ["Content-Length: 5", "Connection: keep-alive"]),
        (["Transfer-Encoding: chunked"], b"1.1", OutgoingFraming.CHUNKED,
         ["Transfer-Encoding: chunked"]),
        (["Transfer-Encoding: chunked", "Trailer: X"], b"1.1", OutgoingFraming.CHUNKED,
         ["Transfer-Encoding: chunked", "Trailer: X"]),
        (["Transfer-Encoding: chunked", "Trailer: X"], b"1.0", OutgoingFraming.DECODE,
         ["Connection: close"]),
        ([], b"1.1", OutgoingFraming.ENCODE, ["Transfer-Encoding: chunked"]),
        ([], b"1.0", OutgoingFraming.CLOSE, ["Connection: close"]),
    ],
)  # fmt: skip
def test_content_is_framed_so_that_the_client_can_read_it(
    fields: list[str], client_version: bytes, framing: OutgoingFraming, lines_after: list[str]
) -> None:
    sent, chosen = composed(*fields, client_version=client_version)

    assert chosen is framing
    assert sent == ["HTTP/1.1 200 OK", *lines_after]


def test_the_length_of_what_is_not_sent_is_still_told() -> None:
    for method, status in ((b"HEAD", "200"), (b"GET", "304")):
        sent, framing = composed("Content-Length: 5", method=method, status=f"HTTP/1.1 {status} x")
        assert sent[1:] == ["Content-Length: 5"]
        assert framing is OutgoingFraming.NONE


def test_a_response_of_1_0_is_sent_on_as_1_1() -> None:
    sent, _unused = composed("Content-Length: 0", status="HTTP/1.0 404 Gone away")

    assert sent[0] == "HTTP/1.1 404 Gone away"


def test_a_connection_that_ends_is_announced() -> None:
    sent, _unused = composed("Content-Length: 0", "Connection: keep-alive", keep_alive=False)

    assert sent[1:] == ["Content-Length: 0", "Connection: close"]


def test_an_interim_response_says_nothing_of_the_connection() -> None:
    sent, _unused = composed("Link: </a>", status="HTTP/1.1 103 Early Hints", keep_alive=False)

    assert sent == ["HTTP/1.1 103 Early Hints", "Link: </a>"]


def test_a_switch_of_protocols_is_said_anew() -> None:
    sent, framing = composed(
        "Connection: Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Accept: x",
        status="HTTP/1.1 101 Switching Protocols", upgrade=b"websocket",
    )  # fmt: skip

    assert framing is OutgoingFraming.NONE
    assert sent[1:] == ["Sec-WebSocket-Accept: x", "Connection: upgrade", "Upgrade: websocket"]


def test_a_date_is_added_only_where_there_is_none() -> None:
    assert composed("Content-Length: 0", date=b"now")[0][1:] == ["Date: now", "Content-Length: 0"]
    assert composed("dAtE: x", "Content-Length: 0", date=b"now")[0][1] == "dAtE: x"
    with pytest.raises(ValueError, match="date"):
        composed("Content-Length: 0", date=b"now\r\nX: 1")


def test_via_and_keep_alive_follow_the_policy() -> None:
    policy = ResponsePolicy(via=b"edge", keep_alive_seconds=75)

    sent, _unused = composed("Via: 1.0 p", "Content-Length: 0", policy=policy)

    assert sent[1:] == [
        "Via: 1.0 p, 1.1 edge",
        "Content-Length: 0",
        "Connection: keep-alive",
        "Keep-Alive: timeout=75",
    ]


def test_a_route_changes_fields() -> None:
    changes = FieldChanges.compile(removed=[b"server"], replaced=[(b"X-Frame-Options", b"DENY")])

    sent, _unused = composed(
        "Server: x",
        "x-frame-options: SAMEORIGIN",
        "Content-Length: 0",
        policy=ResponsePolicy(changes=changes),
    )

    assert sent[1:] == ["X-Frame-Options: DENY", "Content-Length: 0"]


@pytest.mark.parametrize("options", [{"via": b"a b"}, {"keep_alive_seconds": 0}])
def test_a_policy_that_would_break_a_message_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadChange):
        ResponsePolicy(**options)  # type: ignore[arg-type]
