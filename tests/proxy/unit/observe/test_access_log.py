# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access log: JSON whatever clients send, and no client waits for the disk."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sluice_proxy.http.authority import BadAuthority, parse_authority
from sluice_proxy.observe.access_log import AccessLog
from sluice_proxy.observe.log_file import CannotLog
from sluice_proxy.observe.log_writer import LogWriter


def note(log: AccessLog, host: str = "h.test", target: bytes = b"/", error: str = "") -> None:
    place = '"route":"r","upstream":""'
    log.write("192.0.2.1", b"GET", host, target, 200, 0.5, 10, 20, place, b"id-1", error)


def entries(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@given(st.binary(), st.binary(), st.text())
@example(b"[::1]:8080", b"/", "")
@example(b"under_score.test", b"/", "")
def test_a_line_is_json_whatever_is_in_the_request(
    tmp_path_factory: pytest.TempPathFactory, named: bytes, target: bytes, error: str
) -> None:
    host = ""
    with suppress(BadAuthority):
        host = parse_authority(named).host
    path = tmp_path_factory.mktemp("log") / "access.log"
    log = AccessLog(str(path))
    note(log, host, target, error)
    note(log)
    log.close()

    first, second = entries(path)
    assert first["host"] == host
    assert first["target"] == target.decode("latin-1")
    assert first.get("error", "") == error
    assert second["status"] == 200
    assert path.read_bytes().isascii()


def test_a_line_has_all_that_the_documentation_names(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "access.log"))
    note(log, error="something")
    log.close()

    (entry,) = entries(tmp_path / "access.log")
    text = (Path(__file__).resolve().parents[4] / "docs/proxy/operations.md").read_text()
    rows = text.split("A line of the access log:")[1].split("\n## ")[0].splitlines()
    named = {
        name.strip(" `")
        for row in rows[4:]
        if row[:1] == "|"
        for name in row.split("|")[1].split(",")
    }
    assert set(entry) == named


def test_lines_of_several_workers_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    logs = [AccessLog(str(path)) for _unused in range(4)]

    def many(log: AccessLog) -> None:
        for _unused in range(2000):
            note(log, target=b"/" + b"x" * 100)
        log.close()

    threads = [threading.Thread(target=many, args=(log,)) for log in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(entries(path)) == 8000


def test_a_file_that_cannot_be_opened_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(CannotLog) as error:
        AccessLog(str(tmp_path / "none" / "access.log"))

    assert str(error.value).endswith(
        f"No such file or directory: make the folder {tmp_path}/none first"
    )


def test_what_cannot_be_opened_anew_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = AccessLog(str(folder / "access.log"))
    note(log)
    folder.rename(tmp_path / "moved")
    with pytest.raises(CannotLog):
        log.reopen()
    note(log)
    folder.mkdir()
    log.reopen()
    note(log)
    log.close()

    whole = entries(tmp_path / "moved" / "access.log") + entries(folder / "access.log")
    assert len(whole) == 3


@contextmanager
def stalled() -> Iterator[tuple[int, int]]:
    """Give a pipe's ends: what writes there waits for ever once it is full."""
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)


def test_a_disk_that_takes_nothing_holds_nobody_up_and_lines_are_dropped_at_a_bound() -> None:
    with stalled() as (_reading, writing):
        writer = LogWriter(writing, most_held=1_000_000)
        taken = [writer.put(b"x" * 99_999 + b"\n") for _unused in range(20)]

        # One may have been written in part before.
        assert taken == [True] * 10 + [False] * 10
        writer.close(0.01)


def test_lines_dropped_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LogWriter, "put", lambda writer, lines: False)
    log = AccessLog(str(tmp_path / "access.log"))
    for _unused in range(300):
        note(log)
    log.close()

    assert log.dropped == 300


def test_what_the_disk_does_not_take_is_written_when_it_does_and_no_line_is_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, refusals = os.write, iter([True, True])
    again = threading.Event()

    def full_at_first(descriptor: int, data: memoryview) -> int:
        if next(refusals, False):
            # A part of it fits, then nothing.
            done = write(descriptor, bytes(data)[:5])
            again.set()
            return done
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", full_at_first)
    log = AccessLog(str(tmp_path / "access.log"))
    note(log)
    log.flush()
    assert again.wait(30)
    note(log)
    log.close()

    assert len(entries(tmp_path / "access.log")) == 2


def test_a_full_disk_is_tried_again() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    reading, writing = os.pipe()
    writer = LogWriter(full)
    assert writer.put(b"a line\n")
    writer.change(writing)
    assert os.read(reading, 100) == b"a line\n"
    writer.close(30)
    os.close(reading)


def test_a_full_disk_keeps_nobody_from_ending() -> None:
    before = threading.active_count()
    writer = LogWriter(os.open("/dev/full", os.O_WRONLY))
    assert writer.put(b"a line\n")
    writer.close(30)

    assert threading.active_count() == before


def test_no_log_costs_no_file_and_no_thread() -> None:
    before = threading.active_count()
    log = AccessLog(None)
    note(log)
    log.flush()
    log.close()

    assert threading.active_count() == before


def test_settling_waits_for_what_is_being_written_as_long_as_it_may(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "access.log"))
    note(log)
    assert log.settle(30)
    assert len(entries(tmp_path / "access.log")) == 1
    log.close()
    with stalled() as (_reading, writing):
        writer = LogWriter(writing)
        writer.put(b"x" * 1_000_000)
        assert not writer.settle(0.01)
        writer.close(0.01)
