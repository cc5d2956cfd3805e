# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error log: a line for each thing that went wrong, and never too many of them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.observe.error_log import (
    LEVELS,
    MOST_A_SECOND,
    ErrorLog,
    Flood,
    JsonLines,
    PlainLines,
    set_level,
)
from sluice_proxy.observe.log_file import CannotLog
from sluice_proxy.snapshot.observing import Log, Logs

ROOT = logging.getLogger("sluice_proxy")


@pytest.fixture(autouse=True)
def root_stays_as_it_was() -> Iterator[None]:
    before = (ROOT.handlers, ROOT.level, ROOT.propagate)
    yield
    for handler in ROOT.handlers:
        if handler not in before[0]:
            handler.close()
    ROOT.handlers, ROOT.level, ROOT.propagate = before


def to(path: Path | str, level: str = "info") -> ErrorLog:
    return ErrorLog(Logs(error=Log(str(path)), level=level))


def messages(path: Path) -> list[str]:
    return [json.loads(line)["message"] for line in path.read_bytes().splitlines()]


def record(message: str, second: float = 0.0) -> logging.LogRecord:
    made = logging.LogRecord("sluice_proxy.part", logging.ERROR, "", 0, message, None, None)
    made.created = second
    return made


@given(st.text())
def test_any_message_is_one_line_in_both_forms(message: str) -> None:
    line = JsonLines().format(record(message))
    assert "\n" not in line
    assert json.loads(line)["message"] == message
    for journal in (True, False):
        plain = PlainLines(journal=journal).format(record(message))
        assert "\n" not in plain
        assert "\r" not in plain


def test_the_level_is_the_least_that_is_told(tmp_path: Path) -> None:
    to(tmp_path / "error.log", "warning").use()
    ROOT.info("too little")
    ROOT.warning("enough")

    assert messages(tmp_path / "error.log") == ["enough"]


def test_a_log_that_is_opened_is_not_used_before_it_is_told_so(tmp_path: Path) -> None:
    to(tmp_path / "one.log").use()
    other = to(tmp_path / "other.log")
    ROOT.info("one")
    other.close()
    ROOT.info("two")

    assert messages(tmp_path / "one.log") == ["one", "two"]


@pytest.mark.parametrize(("place", "level"), list(enumerate(LEVELS)))
def test_another_level_holds_until_a_log_is_put_in_use(
    tmp_path: Path, place: int, level: str
) -> None:
    def said(name: str) -> list[str]:
        for each in LEVELS:
            getattr(ROOT, each)(each)
        return messages(tmp_path / name)

    to(tmp_path / "first.log", "warning").use()
    set_level(level)
    assert said("first.log") == list(LEVELS[place:])
    to(tmp_path / "second.log", "warning").use()
    assert said("second.log") == ["warning", "error"]


def test_a_file_that_was_put_aside_is_left_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "error.log"
    to(path).use()
    ROOT.info("one")
    path.rename(tmp_path / "error.log.1")
    ROOT.info("two")

    assert messages(tmp_path / "error.log.1") == ["one"]
    assert messages(path) == ["two"]


def test_while_its_folder_is_gone_the_file_in_use_stays(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    to(folder / "error.log").use()
    folder.rename(tmp_path / "moved")
    ROOT.info("one")
    folder.mkdir()
    ROOT.info("two")

    assert messages(tmp_path / "moved" / "error.log") == ["one"]
    assert messages(folder / "error.log") == ["two"]


def test_a_file_that_cannot_be_opened_is_an_error_with_advice(tmp_path: Path) -> None:
    with pytest.raises(CannotLog, match="make the folder"):
        to(tmp_path / "none" / "error.log")


def test_a_full_disk_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    to("/dev/full").use()
    ROOT.error("lost")

    assert capsys.readouterr() == ("", "")


def test_after_a_line_that_was_written_in_part_the_next_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    to(tmp_path / "error.log").use()
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    ROOT.info("torn")
    monkeypatch.setattr(os, "write", write)
    ROOT.info("whole")

    lines = (tmp_path / "error.log").read_bytes().splitlines()
    assert len(lines[0]) == 7
    assert json.loads(lines[1])["message"] == "whole"


def test_a_flood_is_cut_off_each_second_and_told() -> None:
    flood = Flood()
    passed = [flood.filter(record("again", 5.0)) for _unused in range(MOST_A_SECOND + 50)]
    following = record("the next", 6.0)

    assert passed == [True] * MOST_A_SECOND + [False] * 50
    assert flood.filter(following)
    assert following.getMessage() == "the next (50 lines before this were left out)"
    assert flood.filter(record("quiet again", 6.5))
