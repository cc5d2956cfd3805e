# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that HTTP/1 did not carry."""

from __future__ import annotations

from dataclasses import replace

import pytest
from corpus.case import lines
from sluice_proxy.http.forwarding import ClientSide, RequestPolicy, compose_request
from sluice_proxy.http.limits import HeadLimits
from sluice_proxy.http.pseudo_fields import request_from_fields
from sluice_proxy.http.refusal import BadRequest
from sluice_proxy.http.request_gate import parse_request
from sluice_proxy.http.request_head import RequestHead

Field = tuple[bytes, bytes]


def made(
    *fields: Field,
    method: bytes = b"GET",
    scheme: bytes = b"https",
    authority: bytes | None = b"A.example:8443",
    path: bytes = b"/x?y",
    ended: bool = True,
    limits: HeadLimits = HeadLimits(),  # noqa: B008 - frozen
) -> RequestHead:
    return request_from_fields(method, scheme, authority, path, fields, ended=ended, limits=limits)


def test_the_head_is_the_one_that_http_1_would_have_carried() -> None:
    carried = parse_request(
        lines("GET /a/../x?y HTTP/1.1", "Host: A.example:8443", "accept: */*", "via: 2 p")
    )

    head = made((b"accept", b"*/*"), (b"via", b"2 p"), path=b"/a/../x?y")

    assert head == replace(carried, version=b"2", scheme=b"https")


def test_it_is_sent_on_as_http_1_1() -> None:
    policy = RequestPolicy(x_forwarded=False, request_id_field=None)
    head = made((b"content-type", b"text/plain"), method=b"POST", ended=False)

    raw = compose_request(head, policy, ClientSide("192.0.2.1", "https", 443), b"id")

    assert raw == lines(
        "POST /x?y HTTP/1.1",
        "Host: A.example:8443",
        "content-type: text/plain",
        "Via: 2 sluice",
        "Transfer-Encoding: chunked",
    )


def test_content_of_unknown_length_is_told_from_none() -> None:
    assert not made().has_content
    assert made(ended=False).chunked
    assert made((b"content-length", b"5"), ended=False).content_length == 5
    assert made((b"content-length", b"0")).content_length == 0


def test_pieces_of_cookie_are_joined() -> None:
    head = made((b"cookie", b"a=1"), (b"x", b"y"), (b"cookie", b"b=2"))

    assert head.values(b"cookie") == [b"a=1; b=2"]


def test_host_may_stand_for_authority() -> None:
    assert made((b"host", b"b"), authority=None).authority == "b"
    assert made((b"host", b"a.EXAMPLE:8443")).authority == "a.example"


def test_asterisk_asks_of_the_server() -> None:
    assert made(method=b"OPTIONS", path=b"*").origin_form == b"*"


@pytest.mark.parametrize(
    ("options", "fields", "status"),
    [
        ({"method": b"G T"}, [], 400),
        ({"method": b""}, [], 400),
        ({"method": b"CONNECT"}, [], 501),
        ({"method": b"TRACE"}, [], 501),
        ({"scheme": b"ftp"}, [], 400),
        ({"scheme": b"http\r\n"}, [], 400),
        ({"path": b""}, [], 400),
        ({"path": b"x"}, [], 400),
        ({"path": b"http://a/"}, [], 400),
        ({"path": b"*"}, [], 400),
        ({"path": b"/a b"}, [], 400),
        ({"path": b"/a\r\nX: 1"}, [], 400),
        ({"path": b"/a#b"}, [], 400),
        ({"path": b"/%00"}, [], 400),
        ({"path": b"/" + b"a" * 8192}, [], 414),
        ({"authority": b"u@a"}, [], 400),
        ({"authority": b"a b"}, [], 400),
        ({"authority": b""}, [], 400),
        ({"authority": None}, [], 400),
        ({}, [(b"host", b"other")], 400),
        ({}, [(b"host", b"a.example")], 400),
        ({}, [(b"Accept", b"x")], 400),
        ({}, [(b"", b"x")], 400),
        ({}, [(b":path", b"/")], 400),
        ({}, [(b"a b", b"x")], 400),
        ({}, [(b"x", b"a\r\nb: c")], 400),
        ({}, [(b"x", b" a")], 400),
        ({}, [(b"x", b"a\0")], 400),
        ({}, [(b"connection", b"close")], 400),
        ({}, [(b"keep-alive", b"x")], 400),
        ({}, [(b"proxy-connection", b"x")], 400),
        ({}, [(b"transfer-encoding", b"chunked")], 400),
        ({}, [(b"upgrade", b"websocket")], 400),
        ({}, [(b"te", b"gzip")], 400),
        ({}, [(b"content-length", b"5")], 400),
        ({}, [(b"content-length", b"x")], 400),
        ({}, [(b"x", b"y")] * 101, 431),
        ({}, [(b"x", b"y" * 20_000)], 431),
        ({}, [(b"x", b"y" * 9_000)] * 4, 431),
    ],
)
def test_what_no_upstream_may_see_is_refused(
    options: dict[str, bytes], fields: list[Field], status: int
) -> None:
    with pytest.raises(BadRequest) as refusal:
        made(*fields, **options)  # type: ignore[arg-type]

    assert refusal.value.status == status
