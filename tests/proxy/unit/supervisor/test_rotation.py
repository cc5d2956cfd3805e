# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs are put aside by size and age, and never more of them kept than is wanted."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.snapshot.observing import Log, Rotation
from sluice_proxy.supervisor.rotation import RotatedLog

LINE = b'{"time":"2026-03-01T12:00:00.000Z","client":"192.0.2.1"}\n'
WRITTEN = 1772366400.0
"""When LINE was written, in seconds since 1970."""


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def log(folder: Path, now: float = WRITTEN, **rotation: float) -> RotatedLog:
    values = {"bytes": 1000, "age": 3600.0, "keep": 2, **rotation}
    path = str(folder / "access.log")
    return RotatedLog(Log(path, Rotation(**values)), clock=lambda: now)  # type: ignore[arg-type]


def test_a_file_below_its_size_and_age_stays(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(LINE)

    assert not log(tmp_path, WRITTEN + 3599).look()
    assert names(tmp_path) == ["access.log"]


def test_its_age_is_that_of_its_first_line_whoever_wrote_it(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(LINE)

    assert log(tmp_path, WRITTEN + 3600).look()
    assert names(tmp_path) == ["access.log.1"]


def test_a_file_without_times_ages_from_when_it_is_first_seen(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(b"no time here\n")
    now = [WRITTEN]
    path = str(tmp_path / "access.log")
    one = RotatedLog(Log(path, Rotation(1000, 60.0, 2)), clock=lambda: now[0])

    assert not one.look()
    now[0] += 60
    assert one.look()


def test_a_file_that_is_gone_is_to_be_opened_anew(tmp_path: Path) -> None:
    assert log(tmp_path).look()


def test_the_age_of_a_file_that_another_program_put_there_is_its_own(tmp_path: Path) -> None:
    now = [WRITTEN]
    one = RotatedLog(Log(str(tmp_path / "access.log"), Rotation(1000, 60.0, 2)), lambda: now[0])
    (tmp_path / "access.log").write_bytes(b"of one day\n")
    assert not one.look()
    now[0] += 60
    (tmp_path / "new").write_bytes(b"of another\n")
    (tmp_path / "new").rename(tmp_path / "access.log")

    assert not one.look()


def test_an_empty_file_stays(tmp_path: Path) -> None:
    (tmp_path / "access.log").touch()
    assert not log(tmp_path, age=0.0).look()


def test_logs_that_are_no_files_are_left_alone() -> None:
    for path in ("-", None):
        assert not RotatedLog(Log(path, Rotation(0, 0.0, 1))).look()


def test_files_keep_their_order_and_fewer_kept_removes_the_oldest(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / "access.log").write_bytes(b"%d" % number * 1000)
        assert log(tmp_path, keep=4).look()
    assert names(tmp_path) == [f"access.log.{number}" for number in (1, 2, 3, 4)]
    assert (tmp_path / "access.log.1").read_bytes()[:1] == b"5"
    assert (tmp_path / "access.log.4").read_bytes()[:1] == b"2"

    (tmp_path / "access.log").write_bytes(b"6" * 1000)
    assert log(tmp_path, keep=1).look()
    assert names(tmp_path) == ["access.log.1"]


@given(st.lists(st.integers(0, 2500), max_size=30), st.integers(1, 4))
def test_all_files_together_are_bounded(tmp_path_factory, writes: list[int], keep: int) -> None:
    folder = tmp_path_factory.mktemp("logs")
    one = log(folder, keep=keep)
    for size in writes:
        with (folder / "access.log").open("ab") as file:
            file.write(b"x" * size)
        one.look()

        most_between_two_looks = 2500
        whole = sum(path.stat().st_size for path in folder.iterdir())
        assert whole <= (keep + 1) * (1000 + most_between_two_looks)
        assert len(names(folder)) <= keep + 1
