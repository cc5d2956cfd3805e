# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The head that an upstream gets."""

from __future__ import annotations

import pytest
from corpus.case import lines
from sluice_proxy.http.forwarding import (
    BadChange,
    ClientSide,
    FieldChanges,
    RequestPolicy,
    accepted_request_id,
    compose_request,
)
from sluice_proxy.http.request_gate import parse_request

CLIENT = ClientSide("192.0.2.1", "https", 443)
TRUSTED = ClientSide("192.0.2.1", "https", 443, trusted=True)
BARE = RequestPolicy(via=None, x_forwarded=False, request_id_field=None)


def composed(
    *fields: str,
    policy: RequestPolicy = BARE,
    client: ClientSide = CLIENT,
    start: str = "GET / HTTP/1.1",
    target: bytes | None = None,
) -> list[str]:
    """Return the lines of the head that is sent on for a request with these fields."""
    head = parse_request(lines(start, "Host: a:81", *fields))
    raw = compose_request(head, policy, client, b"id", target)
    assert raw.endswith(b"\r\n\r\n")
    return raw[:-4].decode("latin-1").split("\r\n")


def test_an_upstream_learns_of_the_client_by_default() -> None:
    assert composed("X: 1", policy=RequestPolicy()) == [
        "GET / HTTP/1.1",
        "Host: a:81",
        "X: 1",
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Port: 443",
        "X-Forwarded-Host: a:81",
        "Via: 1.1 sluice",
        "X-Request-Id: id",
    ]


SPOOFED = (
    "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: gopher", "X-Forwarded-Host: evil",
    "X-Forwarded-Port: 1", "X-Forwarded-Prefix: /p", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6",
    "X-Request-Id: theirs",
)  # fmt: skip


def test_nothing_that_an_untrusted_client_claims_is_sent_on() -> None:
    policy = RequestPolicy(forwarded=True)

    assert composed(*SPOOFED, policy=policy) == composed(policy=policy)


def test_what_a_trusted_client_claims_is_continued() -> None:
    assert composed(*SPOOFED, policy=RequestPolicy(forwarded=True, via=None), client=TRUSTED) == [
        "GET / HTTP/1.1",
        "Host: a:81",
        "X-Forwarded-For: 6.6.6.6, 192.0.2.1",
        "X-Forwarded-Proto: gopher",
        "X-Forwarded-Port: 1",
        "x-forwarded-prefix: /p",
        "x-real-ip: 6.6.6.6",
        "X-Forwarded-Host: evil",
        'Forwarded: for=6.6.6.6, for=192.0.2.1;proto=https;host="a:81"',
        "X-Request-Id: id",
    ]


def test_forwarded_of_a_trusted_client_is_continued_though_it_is_not_begun_here() -> None:
    policy = RequestPolicy(via=None, x_forwarded=False, request_id_field=None)
    said = "Forwarded: for=6.6.6.6"

    assert composed(said, policy=policy, client=TRUSTED)[2:] == [
        'Forwarded: for=6.6.6.6, for=192.0.2.1;proto=https;host="a:81"'
    ]
    assert composed(said, policy=policy)[2:] == []
    assert composed("Via: 1.1 p", policy=policy, client=TRUSTED)[2:] == ["Via: 1.1 p"]


@pytest.mark.parametrize(
    ("address", "node"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", '"[2001:db8::1]"'), ("", "unknown")],
)
def test_forwarded_writes_the_client_as_rfc_7239_does(address: str, node: str) -> None:
    policy = RequestPolicy(via=None, x_forwarded=False, request_id_field=None, forwarded=True)
    client = ClientSide(address, "http", 0)

    sent = composed(policy=policy, client=client)

    assert sent[-1] == f'Forwarded: for={node};proto=http;host="a:81"'


def test_a_client_of_a_unix_socket_has_no_address_to_tell() -> None:
    sent = composed(policy=RequestPolicy(via=None), client=ClientSide("", "http", 0))

    assert "X-Forwarded-Proto: http" in sent
    assert not any(line.startswith(("X-Forwarded-For", "X-Forwarded-Port")) for line in sent)


def test_via_is_continued_whoever_sent_it() -> None:
    policy = RequestPolicy(x_forwarded=False, request_id_field=None, via=b"edge")

    assert composed("Via: 1.0 p", policy=policy)[-1] == "Via: 1.0 p, 1.1 edge"
    assert composed(start="GET / HTTP/1.0", policy=policy)[-1] == "Via: 1.0 edge"


def test_the_host_can_be_set_and_the_clients_is_still_told() -> None:
    sent = composed(policy=RequestPolicy(host=b"origin.internal", via=None))

    assert sent[1] == "Host: origin.internal"
    assert "X-Forwarded-Host: a:81" in sent


def test_a_request_without_host_gets_the_upstreams() -> None:
    head = parse_request(lines("GET / HTTP/1.0"))

    raw = compose_request(head, BARE, CLIENT, b"id", default_host=b"up:8080")

    assert raw == lines("GET / HTTP/1.1", "Host: up:8080")


def test_framing_is_said_anew() -> None:
    assert composed("Content-Length: 005")[2:] == ["Content-Length: 5"]
    assert composed("transfer-encoding: CHUNKED")[2:] == ["Transfer-Encoding: chunked"]
    assert composed("Content-Length: 5", "Expect: 100-Continue")[2:] == [
        "Content-Length: 5",
        "Expect: 100-continue",
    ]


def test_connection_options_are_the_proxys_own() -> None:
    sent = composed("Connection: upgrade, x", "Upgrade: websocket", "TE: trailers", "X: 1")

    assert sent[2:] == ["Upgrade: websocket", "TE: trailers", "Connection: upgrade, TE"]


def test_max_forwards_of_options_is_sent_on_as_one_less() -> None:
    assert composed("Max-Forwards: 5", start="OPTIONS * HTTP/1.1")[2:] == ["Max-Forwards: 4"]
    assert composed("Max-Forwards: 1", start="OPTIONS / HTTP/1.1")[2:] == ["Max-Forwards: 0"]


def test_the_target_can_be_rewritten() -> None:
    assert composed(target=b"/new?q")[0] == "GET /new?q HTTP/1.1"


@pytest.mark.parametrize(
    "target", [b"", b"new", b"/a b", b"/a\r\nX: 1", b"/a#b", b"/\xe9", b"/a\0", b"http://b/"]
)
def test_a_target_that_would_break_the_head_is_refused(target: bytes) -> None:
    with pytest.raises(ValueError, match="target"):
        composed(target=target)


@pytest.mark.parametrize("request_id", [b"", b"a b", b"a\r\nX: 1", b"\xe9", b"a" * 129])
def test_a_request_id_that_would_break_the_head_is_refused(request_id: bytes) -> None:
    head = parse_request(lines("GET / HTTP/1.1", "Host: a"))

    with pytest.raises(ValueError, match="request id"):
        compose_request(head, RequestPolicy(), CLIENT, request_id)


@pytest.mark.parametrize(
    ("fields", "client", "scheme"),
    [
        (["X-Forwarded-Proto: http"], TRUSTED, "http"),
        (["X-Forwarded-Proto: HTTPS"], ClientSide("192.0.2.1", "http", 80, trusted=True), "https"),
        (["X-Forwarded-Proto: http"], CLIENT, "https"),
        (["X-Forwarded-Proto: gopher"], TRUSTED, "https"),
        (["X-Forwarded-Proto: http", "X-Forwarded-Proto: http"], TRUSTED, "https"),
        (["X-Real-IP: 192.0.2.2"], TRUSTED, "https"),
        ([], TRUSTED, "https"),
    ],
)
def test_the_scheme_is_what_a_trusted_client_says_else_the_connections(
    fields: list[str], client: ClientSide, scheme: str
) -> None:
    head = parse_request(lines("GET / HTTP/1.1", "Host: a", *fields))

    assert client.scheme_of(head) == scheme


def test_a_request_id_is_taken_from_trusted_clients_only() -> None:
    def accepted(value: str, client: ClientSide) -> bytes | None:
        head = parse_request(lines("GET / HTTP/1.1", "Host: a", f"X-Request-Id: {value}"))
        return accepted_request_id(head, client)

    assert accepted("abc", TRUSTED) == b"abc"
    assert accepted("abc", CLIENT) is None
    assert accepted("a b", TRUSTED) is None
    assert accepted("a" * 129, TRUSTED) is None


def test_another_field_for_the_request_id_is_taken_from_nobody() -> None:
    policy = RequestPolicy(via=None, x_forwarded=False, request_id_field=b"X-Trace")

    assert composed("x-trace: theirs", "X: 1", policy=policy)[2:] == ["X: 1", "X-Trace: id"]


def test_a_route_removes_replaces_and_adds_fields() -> None:
    changes = FieldChanges.compile(
        removed=[b"Cookie", b"x-forwarded-port"],
        replaced=[(b"X-Set", b"new"), (b"Via", b"nobody")],
        added=[(b"X-Add", b"more")],
    )

    sent = composed(
        "cookie: a", "X-SET: 1", "X-Set: 2", "X-Add: 1", "X-Kept: 1",
        policy=RequestPolicy(changes=changes, request_id_field=None),
    )  # fmt: skip

    assert sent[2:] == [
        "X-Add: 1",
        "X-Kept: 1",
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: a:81",
        "X-Set: new",
        "Via: nobody",
        "X-Add: more",
    ]


def test_a_name_spelt_with_underscores_does_not_slip_past_a_removal() -> None:
    changes = FieldChanges.compile(removed=[b"X-User", b"X_Group"])

    sent = composed("X_User: root", "x-group: wheel", "X-Users: 1", policy=RequestPolicy(
        changes=changes, via=None, x_forwarded=False, request_id_field=None))  # fmt: skip

    assert sent[2:] == ["X-Users: 1"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"", b"a"), (b"X Y", b"a"), (b"X:", b"a"), (b"X\r\n", b"a"), (b"X", b"a\r\nY: b"),
        (b"X", b"a\n"), (b"X", b"a\0"), (b"X", b" a"), (b"X", b"a "),
        (b"Host", b"a"), (b"content-length", b"1"), (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"close"), (b"Upgrade", b"h2c"), (b"TE", b"trailers"),
    ],
)  # fmt: skip
def test_changes_that_would_break_a_message_are_refused(name: bytes, value: bytes) -> None:
    with pytest.raises(BadChange):
        FieldChanges.compile(replaced=[(name, value)])
    with pytest.raises(BadChange):
        FieldChanges.compile(added=[(name, value)])


@pytest.mark.parametrize("options", [{"host": b"a b"}, {"via": b"a b"}, {"request_id_field": b""}])
def test_a_policy_that_would_break_a_message_is_refused(options: dict[str, bytes]) -> None:
    with pytest.raises(BadChange):
        RequestPolicy(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "scheme", "port"),
    [("host", "http", 1), ("192.0.2.1", "ftp", 1), ("192.0.2.1", "http", 65536)],
)
def test_a_client_that_cannot_be_is_refused(address: str, scheme: str, port: int) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        ClientSide(address, scheme, port)
