# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs as files: their last lines, what is appended, and which lines are wanted."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.cli.log_files import reading
from sluice_proxy.cli.log_files.entries import Wanted, read_entry, shown
from sluice_proxy.cli.log_files.reading import LogReader
from sluice_proxy.observe.access_log import AccessLog
from sluice_proxy.observe.error_log import JsonLines


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(b"one\ntwo\nthree\n")
    return path


@pytest.fixture
def reader(file: Path) -> Iterator[LogReader]:
    one = LogReader(str(file))
    yield one
    one.close()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_the_last_lines_come_in_the_order_of_the_file(reader: LogReader) -> None:
    assert reader.last(2, bytes) == [b"two", b"three"]
    assert reader.last(9, bytes) == [b"one", b"two", b"three"]
    assert reader.last(0, bytes) == []


def test_lines_that_are_left_out_do_not_count(reader: LogReader) -> None:
    assert reader.last(2, lambda line: line if b"o" in line else None) == [b"one", b"two"]


@given(
    lines=st.lists(st.binary(min_size=1, max_size=40).filter(lambda one: b"\n" not in one)),
    begun=st.binary(max_size=10).filter(lambda one: b"\n" not in one),
    most=st.integers(1, 12),
    block=st.integers(11, 50),
)
def test_the_last_lines_are_found_whatever_the_blocks_are(
    lines: list[bytes],
    begun: bytes,
    most: int,
    block: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"".join(line + b"\n" for line in lines) + begun)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "BLOCK", block)
        one = LogReader(str(path))
        try:
            assert one.last(most, bytes) == (lines if lines else [begun] * bool(begun))[-most:]
        finally:
            one.close()


def test_a_line_is_told_once_it_is_whole(file: Path) -> None:
    append(file, b"fo")
    reader = LogReader(str(file))

    assert reader.last(1, bytes) == [b"three"]
    assert reader.appended() == []
    append(file, b"ur\nfi")
    assert reader.appended() == [b"four"]
    append(file, b"ve\n\nsix\n")
    assert reader.appended() == [b"five", b"six"]
    reader.close()


def test_a_log_that_is_put_aside_is_read_to_its_end_and_then_the_next(
    file: Path, reader: LogReader
) -> None:
    aside = file.with_suffix(".log.1")
    append(file, b"four\n")
    file.rename(aside)
    assert reader.appended() == [b"four"]
    append(aside, b"late\n")
    assert reader.appended() == [b"late"]
    file.write_bytes(b"new\n")
    append(aside, b"later\n")

    assert reader.appended() == [b"later"]
    came: list[bytes] = []
    for _turn in range(3):
        came += reader.appended()
    assert came == [b"new"]
    append(file, b"newer\n")
    assert reader.appended() == [b"newer"]


def test_a_log_that_is_emptied_is_read_from_its_beginning(file: Path, reader: LogReader) -> None:
    append(file, b"begun")
    assert reader.appended() == []
    os.truncate(file, 0)
    append(file, b"new\n")

    assert reader.appended() == [b"new"]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    reader = LogReader(str(tmp_path / "later.log"))
    assert reader.last(5, bytes) == []
    assert reader.appended() == []
    (tmp_path / "later.log").write_bytes(b"one\n")

    assert reader.appended() == [b"one"]
    reader.close()


def test_a_line_without_end_is_cut(
    file: Path, reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LONGEST_LINE", 10)
    append(file, b"x" * 30)

    assert reader.appended() == [b"x" * 30]
    assert reader.appended() == []


def test_much_is_read_in_parts(
    file: Path, reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 8)
    monkeypatch.setattr(reading, "AT_ONCE", 16)
    append(file, b"1234567\n" * 4)

    assert reader.appended() == [b"1234567"] * 2
    assert reader.appended() == [b"1234567"] * 2


def access(**changed: Any) -> dict[str, Any]:
    """Return a line of the access log, as the proxy writes it."""
    path = changed.pop("path")
    log = AccessLog(str(path))
    usual: dict[str, Any] = {
        "client": "10.0.0.9", "method": b"GET", "host": "shop.test", "target": b"/a?b",
        "status": 502, "seconds": 0.0123, "bytes_in": 1, "bytes_out": 2,
        "place": '"route":"shop","upstream":"http://t:80"', "request_id": b"x",
        "error": "no connection",
    }  # fmt: skip
    log.write(**{**usual, **changed})
    log.close()
    entry: dict[str, Any] = json.loads(path.read_bytes())
    return entry


def error(level: int = logging.WARNING, message: str = "worker 7 is gone") -> dict[str, Any]:
    record = logging.LogRecord("sluice_proxy.supervisor", level, "", 0, message, None, None)
    record.created, record.msecs = 1_800_000_000.0, 250.0
    entry: dict[str, Any] = json.loads(JsonLines().format(record))
    return entry


def test_a_request_is_shown_in_a_line(tmp_path: Path) -> None:
    entry = access(path=tmp_path / "log")
    entry["time"] = "2027-01-15T08:00:00.000Z"

    assert shown(entry) == (
        "2027-01-15T08:00:00.000Z 502 GET shop.test/a?b 12.3 ms 10.0.0.9 shop -> http://t:80"
        " (no connection)"
    )


def test_a_line_of_the_error_log_is_shown_with_its_level() -> None:
    assert shown(error()) == "2027-01-15T08:00:00.250Z WARNING supervisor: worker 7 is gone"
    assert shown({**error(), "trace": "a\nb"}).endswith("worker 7 is gone a\nb")


@pytest.mark.parametrize("line", [b'{"time":"2027', b"[1]", b"\xff", b"{" * 99_999])
def test_a_line_that_is_torn_is_shown_as_it_is(line: bytes) -> None:
    assert shown(read_entry(line)) == line.decode(errors="replace")


@pytest.mark.parametrize(
    ("wanted", "requests", "errors"),
    [
        (Wanted(), True, True),
        (Wanted(level="warning"), False, True),
        (Wanted(level="error"), False, False),
        (Wanted(level="debug"), False, True),
        (Wanted(route="shop"), True, False),
        (Wanted(route="sho"), False, False),
        (Wanted(statuses=("502",)), True, False),
        (Wanted(statuses=("404", "5xx")), True, False),
        (Wanted(statuses=("4xx", "50")), False, False),
        (Wanted(text="SHOP.test/a"), True, False),
        (Wanted(text="gone"), False, True),
        (Wanted(route="shop", statuses=("5xx",), text="no connection"), True, False),
        (Wanted(route="shop", level="debug"), False, False),
    ],
)
def test_a_line_is_wanted_when_it_has_all_that_is_asked_for(
    wanted: Wanted, requests: bool, errors: bool, tmp_path: Path
) -> None:
    assert (wanted(access(path=tmp_path / "log")), wanted(error())) == (requests, errors)


def test_a_level_is_wanted_with_those_above_it() -> None:
    levels = [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL]
    passing = [[Wanted(level=name)(error(level)) for level in levels]
               for name in ("debug", "info", "warning", "error")]  # fmt: skip

    assert passing == [[False] * begin + [True] * (5 - begin) for begin in range(4)]
