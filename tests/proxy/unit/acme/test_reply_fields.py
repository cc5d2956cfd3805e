# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields of replies: Retry-After, Link, Location, nonces, media types."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.acme.messages.links import targets
from sluice_proxy.acme.messages.reply import Reply
from sluice_proxy.acme.messages.retry_after import MOST, seconds_of

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)
URL = "https://ca.test/acme/cert/1"


def reply(links: tuple[str, ...] = (), **fields: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return Reply(URL, 200, named, links=links)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 3 ", 3.0),
        ("0", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30.0),
        ("Sun Nov  6 08:49:37 1994", 30.0),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0.0),
        ("Sun, 06 Nov 2094 08:49:00 GMT", MOST),
        ("9" * 5000, MOST),
        ("99999999999", MOST),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("²", None),
        ("", None),
        (None, None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
    ],
)
def test_retry_after_in_both_forms(value: str | None, seconds: float | None) -> None:
    assert seconds_of(value, NOW) == seconds


@given(st.text(max_size=40))
def test_any_retry_after_is_within_bounds_or_none(value: str) -> None:
    seconds = seconds_of(value, NOW)

    assert seconds is None or 0 <= seconds <= MOST


@given(st.integers(0, int(MOST)))
def test_both_forms_mean_the_same(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)

    assert seconds_of(date, NOW) == seconds_of(str(seconds), NOW) == seconds


def test_a_date_is_held_against_the_clock_of_who_sent_it() -> None:
    fast = NOW + timedelta(hours=5)
    sent = format_datetime(fast, usegmt=True)
    later = format_datetime(fast + timedelta(seconds=30), usegmt=True)

    assert reply(date=sent, retry_after=later).retry_after(NOW) == 30.0
    assert reply(date="nonsense", retry_after=later).retry_after(fast) == 30.0


def test_other_chains_are_the_links_that_say_so() -> None:
    # The first two are those of RFC 8555, section 7.4.2.
    links = (
        '<https://example.com/acme/directory>;rel="index"',
        '<https://example.com/acme/cert/mAt3xBGaobw/1>;rel="alternate"',
        '</acme/cert/2>; title="a, <b>; \\" c"; rel=alternate, <3>;REL="up Alternate"',
        '<https://example.com/acme/cert/mAt3xBGaobw/1>;rel="alternate"',
        '<4>; rel="up"; rel="alternate"',
        "<5>",
        '<6> rel="alternate"',
        '<http://[>;rel="alternate"',
    )

    assert reply(links).alternates() == (
        "https://example.com/acme/cert/mAt3xBGaobw/1",
        "https://ca.test/acme/cert/2",
        "https://ca.test/acme/cert/3",
    )


@given(st.lists(st.text(alphabet='<>;,="\\ relalternate/1\t', max_size=60), max_size=3))
def test_any_links_are_read(fields: list[str]) -> None:
    assert all(url.startswith("http") for url in targets(fields, "alternate", URL))


def test_a_link_field_of_many_thousand_parts_is_read_at_once() -> None:
    field = "<a>" + "; x" * 20_000 + ", " + "<" * 20_000

    assert targets([field], "alternate", URL) == ()


@pytest.mark.parametrize(
    ("value", "nonce"),
    [("oFvnlFP1wIhRlYS2jTaXbA", "oFvnlFP1wIhRlYS2jTaXbA"), ("a=", None), ("", None),
     ("a b", None), ("x" * 2000, None)],
    ids=["usual", "padded", "empty", "blank", "long"],
)  # fmt: skip
def test_nonces_that_must_not_be_used_are_none(value: str, nonce: str | None) -> None:
    assert reply(replay_nonce=value).nonce == nonce


def test_a_location_may_be_relative_and_may_be_none() -> None:
    assert reply(location="/acme/order/2").location == "https://ca.test/acme/order/2"
    assert reply(location="http://[").location is None
    assert reply().location is None


def test_parameters_are_no_part_of_a_media_type() -> None:
    assert reply(content_type="Application/JSON; charset=utf-8").media_type == "application/json"
    assert reply().media_type == ""
