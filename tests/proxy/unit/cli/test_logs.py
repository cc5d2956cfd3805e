# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``logs``: which files it reads, and what it says of those that it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from running.scripted_api import ScriptedApi, Told
from samples.told_status import sample_status
from sluice_proxy.cli.command import main
from sluice_proxy.cli.commands import logs
from sluice_proxy.cli.log_files.entries import LEVELS
from sluice_proxy.observe import error_log


def request(second: int, status: int = 200, route: str = "shop") -> dict[str, Any]:
    return {"time": f"2027-01-15T08:00:{second:02}.000Z", "status": status, "route": route}


def event(second: int, message: str) -> dict[str, Any]:
    return {"time": f"2027-01-15T08:00:{second:02}.000Z", "level": "info", "message": message}


def write(path: Path, *entries: dict[str, Any]) -> str:
    with path.open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
    return str(path)


@pytest.fixture
def files(api: ScriptedApi, tmp_path: Path) -> Path:
    access = write(tmp_path / "access.log", request(1), request(3, 502), request(5, 200, "other"))
    error = write(tmp_path / "error.log", event(2, "two"), event(4, "four"))
    api.answering = lambda asked: Told(sample_status(access_log=access, error_log=error))
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the seconds of the lines that were told."""
    return [line[18:19] for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ([], "12345"),
        (["-n", "2"], "45"),
        (["-n", "0"], ""),
        (["access"], "135"),
        (["error", "-n", "1"], "4"),
        (["--route", "shop"], "13"),
        (["--status", "5xx"], "3"),
        (["--status", "502", "--status", "404"], "3"),
        (["--level", "info"], "24"),
        (["--level", "error"], ""),
        (["--text", "FOUR"], "4"),
        (["access", "-n", "1", "--route", "shop"], "3"),
    ],
)
def test_the_last_lines_of_both_logs_come_by_their_times(
    words: list[str], seconds: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", *words]) == 0
    assert told(capsys) == list(seconds)


def test_lines_of_one_log_come_by_their_times_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "log", request(2), {"message": "of the line before"}, request(1))

    assert main(["logs", "--file", path, "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [request(1), request(2), {"message": "of the line before"}]


def test_json_lines_are_those_of_the_log(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["logs", "error", "--json"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line) for line in lines] == [event(2, "two"), event(4, "four")]


def test_files_are_read_without_a_proxy(
    files: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "--file", str(files / "error.log")]) == 0
    assert told(capsys) == ["2", "4"]
    assert api.asked == []


def test_what_is_appended_follows_until_ctrl_c(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter(range(9))

    def pause(seconds: float) -> None:
        turn = next(turns)
        if turn == 0:
            write(files / "access.log", request(6), request(8))
            write(files / "error.log", event(7, "seven"))
        elif turn == 1:
            (files / "access.log").rename(files / "access.log.1")
            write(files / "access.log", request(9))
        elif turn == 5:
            raise KeyboardInterrupt

    monkeypatch.setattr(logs.time, "sleep", pause)

    assert main(["logs", "--follow", "-n", "1"]) == 130
    assert told(capsys) == ["5", "6", "7", "8", "9"]


@pytest.mark.parametrize(
    ("paths", "words", "code", "said"),
    [
        (("-", "-"), [], 1, ["the access log goes to standard output: read it with journalctl"
                             " --unit sluice-proxy", "the error log goes to standard output"]),
        ((None, "-"), ["access"], 1, ["the access log is off"]),
        (("FILE", "-"), [], 0, ["the error log goes to standard output: read it with journalctl"]),
        (("FILE", "-"), ["access"], 0, []),
        (("FILE", None), ["error"], 1, ["the error log is off"]),
    ],
)  # fmt: skip
def test_a_log_that_is_no_file_is_said_to_be_where_it_is(
    paths: tuple[str | None, str | None],
    words: list[str],
    code: int,
    said: list[str],
    files: Path,
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
) -> None:
    access, error = (str(files / "access.log") if path == "FILE" else path for path in paths)
    api.answering = lambda asked: Told(sample_status(access_log=access, error_log=error))

    assert main(["logs", *words]) == code
    captured = capsys.readouterr()
    assert all(text in captured.err for text in said)
    assert bool(captured.err) == bool(said)
    assert bool(captured.out) == (code == 0)


def test_a_log_that_cannot_be_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "--file", str(tmp_path)]) == 1
    assert "cannot be read: Is a directory" in capsys.readouterr().err


def test_a_log_of_no_file_yet_is_empty(
    api: ScriptedApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = str(tmp_path / "later.log")
    api.answering = lambda asked: Told(sample_status(access_log=later, error_log=later))

    assert main(["logs"]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_that_was_named_and_is_not_there_is_told_unless_it_may_come(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    later = tmp_path / "later.log"

    assert main(["logs", "--file", str(later)]) == 1
    assert capsys.readouterr().err == (
        f"sluice-proxy: {later} cannot be read: No such file or directory\n"
    )

    def pause(seconds: float) -> None:
        if later.exists():
            raise KeyboardInterrupt
        write(later, request(1))

    monkeypatch.setattr(logs.time, "sleep", pause)
    assert main(["logs", "--file", str(later), "--follow"]) == 130


def test_what_a_client_sent_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"status": 200, "target": "/\\u001b[2J"}\n\x1b]0;torn\x07\n')

    assert main(["logs", "--file", str(path)]) == 0
    assert main(["logs", "--file", str(path), "--json"]) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_levels_are_those_of_the_error_log() -> None:
    # Loading them from there would take longer than all the rest of a command.
    assert LEVELS == error_log.LEVELS


@pytest.mark.parametrize(
    "words",
    [["--file", "a", "access"], ["--file", "a", "--socket", "b"], ["-n", "-1"], ["-n", "x"],
     ["-n", "99999999"], ["--status", "600"], ["--status", "5x"], ["--level", "loud"], ["other"]],
)  # fmt: skip
def test_filters_that_are_none_are_bad_usage(words: list[str]) -> None:
    try:
        code = main(["logs", *words])
    except SystemExit as ended:
        code = int(ended.code or 0)

    assert code == 2
