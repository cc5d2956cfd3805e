# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as files: whole at any moment, for their owner only, and one writer at a time."""

from __future__ import annotations

import os
import random
import signal
import stat
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName, Store
from ansible_collections.sluice.edge.plugins.module_utils._record.text import BrokenRecord, encode

NAME = RecordName("ipvs")
KILLS = 50


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "sluice" / "state.d"))


def write(store: Store, resources: List[Dict[str, Any]], name: RecordName = NAME) -> None:
    with store.sole_writer(name):
        store.write(name, resources)


def in_a_process(work: Callable[[], None]) -> int:
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def test_what_is_missing_is_empty(store: Store) -> None:
    assert store.names() == []
    assert store.read(NAME) == []


def test_only_the_owner_can_read_records(store: Store) -> None:
    write(store, [{}])
    assert stat.S_IMODE(os.stat(store.directory).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(store.path(NAME)).st_mode) == 0o600


def test_records_are_listed_by_kind_and_network_namespace(store: Store) -> None:
    names = [RecordName("ipvs"), RecordName("ipvs", "a@b.c"), RecordName("vip", "edge")]
    for name in names:
        write(store, [], name)
    Path(store.directory, ".ipvs.new").write_text("of a writer that was killed")
    Path(store.directory, "ipvs.json.bak").write_text("of an operator")
    assert store.names() == names


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (encode([{"a": 1}])[:30].encode(), "is truncated"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"garbage", "is not JSON"),
        (b'{"format": 7}', "has the newer format 7"),
    ],
)
def test_a_broken_file_is_named_with_what_to_do(store: Store, content: bytes, reason: str) -> None:
    write(store, [])
    Path(store.path(NAME)).write_bytes(content)
    with pytest.raises(BrokenRecord) as caught:
        store.read(NAME)
    line = str(caught.value)
    assert line.startswith("the record %s %s" % (store.path(NAME), reason))
    assert line.endswith("restore it from a backup, or remove it and run the play again")
    assert "\n" not in line


def test_a_record_that_cannot_be_written_stays_as_it_was(store: Store) -> None:
    write(store, [{"old": True}])
    os.mkdir(os.path.join(store.directory, ".ipvs.new"))
    with pytest.raises(Unavailable, match=r"^cannot write the record .*: Is a directory$"):
        write(store, [{"new": True}])
    assert store.read(NAME) == [{"old": True}]


def test_a_writer_killed_at_any_moment_leaves_the_old_record_or_a_new_one(store: Store) -> None:
    chance = random.Random(50)
    contents = [[{"turn": turn, "filling": "x" * 20000}] for turn in (0, 1)]
    write(store, contents[0])
    killed = set()

    def write_on() -> None:
        while True:
            for resources in contents:
                write(store, resources)

    for _turn in range(KILLS):
        pid = in_a_process(write_on)
        time.sleep(chance.uniform(0.0, 0.02))
        os.kill(pid, signal.SIGKILL)
        _pid, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL
        found = store.read(NAME)
        assert found in contents
        killed.add(found[0]["turn"])
        assert store.names() == [NAME]
    assert killed == {0, 1}, "the writers were killed before they wrote"


def test_two_writers_of_a_hundred_entries_each_lose_none(store: Store) -> None:
    def add(writer: int) -> None:
        for number in range(100):
            with store.sole_writer(NAME):
                store.write(NAME, [*store.read(NAME), {"of": writer, "number": number}])

    pids = [in_a_process(lambda writer=writer: add(writer)) for writer in (1, 2)]  # type: ignore
    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0
    found = {(entry["of"], entry["number"]) for entry in store.read(NAME)}
    assert found == {(writer, number) for writer in (1, 2) for number in range(100)}
