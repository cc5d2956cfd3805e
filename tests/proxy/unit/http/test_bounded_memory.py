# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered from request to request is bounded, whatever clients send."""

from __future__ import annotations

from sluice_proxy.http.authority import parse_authority
from sluice_proxy.http.connection import _remembered, connection_options
from sluice_proxy.http.fields.block import _line_named, without_fields
from sluice_proxy.http.fields.names import LowerNames


def test_a_bounded_number_of_spellings_of_bounded_length_is_remembered() -> None:
    names = LowerNames()

    for number in range(5_000):
        assert names[b"X-Forwarded-%d" % number] == b"x-forwarded-%d" % number
    assert len(names) == 4_096

    names.clear()
    assert names[b"X-" + b"A" * 10_000] == b"x-" + b"a" * 10_000
    assert not names


def test_a_bounded_number_of_hosts_is_remembered() -> None:
    for number in range(5_000):
        parse_authority(b"h%d.example" % number)

    assert parse_authority.cache_info().currsize == 4_096


def test_long_connection_fields_are_not_remembered() -> None:
    before = _remembered.cache_info().currsize

    assert connection_options(b", ".join(b"x-%d" % number for number in range(20))).named

    assert _remembered.cache_info().currsize == before
    assert _remembered.cache_info().maxsize == 1_024


def test_names_that_clients_choose_leave_no_pattern_behind() -> None:
    before = _line_named.cache_info().currsize

    assert without_fields(b"\nA: 1\r\nB: 2\r", [b"a"]) == b"\nB: 2\r"

    assert _line_named.cache_info().currsize == before
