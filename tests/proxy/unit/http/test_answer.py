# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses that the proxy makes itself."""

from __future__ import annotations

import pytest
from corpus.case import lines
from oracles.response_reading import read_with_h11
from sluice_proxy.http.answer import compose_answer
from sluice_proxy.http.forwarding import BadChange
from sluice_proxy.http.refusal import BadField


def test_an_error_closes_the_connection_unless_told_otherwise() -> None:
    assert compose_answer(404, b"no") == (
        lines("HTTP/1.1 404 Not Found", "Content-Length: 2", "Connection: close") + b"no"
    )
    assert compose_answer(404, b"no", keep_alive=True) == (
        lines("HTTP/1.1 404 Not Found", "Content-Length: 2") + b"no"
    )
    assert compose_answer(404, keep_alive=True, client_version=b"1.0") == lines(
        "HTTP/1.1 404 Not Found", "Content-Length: 0", "Connection: keep-alive"
    )


def test_a_redirect_is_an_answer_with_a_location() -> None:
    answer = compose_answer(308, fields=[(b"Location", b"https://a/")], keep_alive=True)

    assert answer == lines(
        "HTTP/1.1 308 Permanent Redirect", "Location: https://a/", "Content-Length: 0"
    )


@pytest.mark.parametrize(("status", "method"), [(200, b"HEAD"), (204, b"GET"), (304, b"GET")])
def test_where_there_is_no_content_none_is_sent(status: int, method: bytes) -> None:
    answer = compose_answer(status, b"page", method=method)

    assert answer.endswith(b"\r\n\r\n")
    assert read_with_h11(answer, method).complete


def test_a_status_without_a_phrase_is_sent_without_one() -> None:
    assert compose_answer(599).startswith(b"HTTP/1.1 599 \r\n")


@pytest.mark.parametrize("status", [100, 101, 199, 600])
def test_a_status_that_is_not_final_is_refused(status: int) -> None:
    with pytest.raises(ValueError, match="not final"):
        compose_answer(status)


@pytest.mark.parametrize(
    "field",
    [
        (b"Location", b"/a\r\nSet-Cookie: b"),
        (b"Location", b"/a\n"),
        (b"Lo cation", b"/a"),
        (b"Content-Length", b"5"),
        (b"Connection", b"close"),
    ],
)
def test_fields_that_would_break_the_answer_are_refused(field: tuple[bytes, bytes]) -> None:
    with pytest.raises((BadChange, BadField)):
        compose_answer(302, fields=[field])
