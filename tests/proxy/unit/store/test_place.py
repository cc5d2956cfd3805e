# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody but the proxy gets at the file, and nothing that others left open is taken."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sluice_proxy.store.failures import StoreFailed
from sluice_proxy.store.items import Key, Put, Remove
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import WHATEVER

A = Key("certificate", "a")
SECRET = b"the only copy of this key " * 40


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_all_its_files_are_its_users_alone(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "store" / "edge.db"
    store = SqliteStore(path)
    store.apply([Put(A, SECRET)], WHATEVER)

    assert mode(path.parent) == 0o700
    assert {file.name: oct(mode(file)) for file in path.parent.iterdir()} == {
        "edge.db": "0o600", "edge.db-shm": "0o600", "edge.db-wal": "0o600",
    }  # fmt: skip
    store.close()


def test_no_other_program_inherits_the_file(tmp_path: Path) -> None:
    path = tmp_path / "store" / "edge.db"
    store = SqliteStore(path)
    store.apply([Put(A, SECRET)], WHATEVER)
    descriptors = [fd for fd in Path("/proc/self/fd").iterdir() if fd.exists()]
    own = [int(fd.name) for fd in descriptors if str(fd.readlink()).startswith(str(path))]

    assert len(own) == 3
    assert not any(os.get_inheritable(fd) for fd in own)
    store.close()


def test_what_is_removed_is_in_no_file_after_the_end(tmp_path: Path) -> None:
    path = tmp_path / "store" / "edge.db"
    store = SqliteStore(path)
    store.apply([Put(A, SECRET)], WHATEVER)
    store.close()
    assert SECRET in path.read_bytes()

    store = SqliteStore(path)
    store.apply([Remove(A)], WHATEVER)
    store.close()
    assert [file.name for file in path.parent.iterdir()] == ["edge.db"]
    assert SECRET[:26] not in path.read_bytes()


@pytest.mark.parametrize("name", ["a b.db", "a%20b.db", "a?mode=memory", "a#b", "ä.db", "a'b"])
def test_a_path_may_have_any_character(tmp_path: Path, name: str) -> None:
    path = tmp_path / "store" / name
    store = SqliteStore(path)
    store.apply([Put(A, b"1")], WHATEVER)
    store.close()

    assert [file.name for file in path.parent.iterdir()] == [name]


def test_a_path_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SqliteStore(Path("store/edge.db")).close()

    assert (tmp_path / "store" / "edge.db").is_file()


def open_folder(path: Path) -> None:
    path.parent.mkdir(0o700)
    path.parent.chmod(0o750)


def open_file(path: Path) -> None:
    SqliteStore(path).close()
    path.chmod(0o640)


def folder_of_that_name(path: Path) -> None:
    path.mkdir(0o700, parents=True)
    path.parent.chmod(0o700)


def link(path: Path) -> None:
    path.parent.mkdir(0o700)
    path.symlink_to(path.parent / "elsewhere.db")


def file_for_a_folder(path: Path) -> None:
    path.parent.touch(0o600)


def no_folder_above(path: Path) -> None:
    path.parent.parent.rmdir()


@pytest.mark.parametrize(
    ("before", "message"),
    [
        (open_folder, "store: others may use it (0750), and it has private keys: chmod 0700 it"),
        (open_file, "edge.db: others may use it (0640), and it has private keys: chmod 0600 it"),
        (folder_of_that_name, "edge.db: it is no file: choose another path for the store"),
        (link, "edge.db: it is no file: choose another path for the store"),
        (file_for_a_folder, "store: it is no folder: choose another path for the store"),
        (no_folder_above, "edge.db: No such file or directory: let the proxy's user write to "),
    ],
)
def test_a_place_that_is_not_right_is_refused_and_left_as_it_is(
    tmp_path: Path, before: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / "own" / "store" / "edge.db"
    path.parent.parent.mkdir()
    before(path)
    files = {file: mode(file) for file in tmp_path.rglob("*")}

    with pytest.raises(StoreFailed) as failure:
        SqliteStore(path)

    assert message in str(failure.value)
    assert "\n" not in str(failure.value)
    assert {file: mode(file) for file in tmp_path.rglob("*")} == files
