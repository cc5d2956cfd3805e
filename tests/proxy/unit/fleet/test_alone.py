# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node alone shares by the file that has what is declared, and neither is in the other's way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from contracts.sharing import Node
from sluice_proxy.fleet.alone import Alone
from sluice_proxy.fleet.opening import open_shared
from sluice_proxy.fleet.shared import Lease, LeaseLost, Unreachable
from sluice_proxy.store.items import NOTHING, Key, Put
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.sqlite.transaction import transaction
from sluice_proxy.store.store import WHATEVER
from sluice_proxy.supervisor.kept import Kept

SCHEMAS = Path(__file__).resolve().parents[2] / "samples" / "schemas"
WRITTEN_AT = 1_795_298_000.0
"""When the samples of schemas have been written, in seconds since 1970."""


class Clock:
    def __init__(self, now: float = WRITTEN_AT + 1) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir(0o700)
    return folder / "edge.db"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(runner: asyncio.Runner, path: Path, clock: Clock) -> Iterator[Node]:
    alone = Alone(path, clock=clock)
    yield Node(runner, alone)
    runner.run(alone.close())


def write(path: Path, script: str) -> None:
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


# What is declared, beside it


def test_what_is_shared_is_not_declared_and_what_is_declared_is_not_shared(
    path: Path, node: Node
) -> None:
    node.put("one", b"1", kind="certificate")
    store = SqliteStore(path)
    assert store.read(None) == NOTHING
    store.apply([Put(Key("certificate", "declared"), b"2")], WHATEVER)

    assert set(node.changes(kind="certificate").put) == {"one"}
    assert set(store.read(None).items) == {Key("certificate", "declared")}
    store.close()


def test_what_is_declared_is_kept_on_while_things_are_shared(
    runner: asyncio.Runner, path: Path, node: Node
) -> None:
    async def change_both() -> None:
        kept = await Kept.open(str(path), NOTHING, lambda: None)
        for number in range(20):
            change = Put(Key("route", "a"), b"%d" % number)
            await asyncio.gather(
                kept.apply([change]),
                node.shared.put("certificate", "one", b"%d" % number),
                node.shared.lease("certificate one", "node", 30),
            )
            assert kept.said == ""
        assert kept.contents.revision == 20
        await kept.close()

    runner.run(change_both())
    assert node.get("one", "certificate") == b"19"


def test_a_store_that_shares_first_is_still_new_for_what_is_declared(
    runner: asyncio.Runner, path: Path, node: Node
) -> None:
    node.put("one", b"1", kind="certificate")
    former = SqliteStore(path.with_name("former.db"))
    former.apply([Put(Key("route", "a"), b"1")], WHATEVER)

    async def begin() -> int:
        kept = await Kept.open(str(path), former.read(None), lambda: None)
        await kept.fill()
        await kept.close()
        return kept.contents.revision

    assert runner.run(begin()) == 1
    former.close()
    store = SqliteStore(path)
    assert set(store.read(None).items) == {Key("route", "a")}
    store.close()


# What an earlier release has left


@pytest.mark.parametrize("number", [1, 2])
def test_the_file_of_each_release_is_gone_on_with(path: Path, node: Node, number: int) -> None:
    write(path, (SCHEMAS / f"schema_{number}.sql").read_text())

    before = node.changes(kind="certificate")
    assert node.put("two", b"2", kind="certificate") > before.revision
    store = SqliteStore(path)
    assert store.read(None).revision == 7
    store.close()


def test_all_that_a_release_has_shared_is_there(path: Path, node: Node, clock: Clock) -> None:
    write(path, (SCHEMAS / "schema_2.sql").read_text())

    assert node.get("one", "certificate") == b'{"key": "secret"}'
    assert node.get("token") == b"\0\xff"
    told = node.changes(kind="certificate")
    assert (set(told.put), told.removed) == ({"one"}, ())
    assert node.lease("certificate one", "another node") is None
    assert node.holds(Lease("certificate one", 1_795_298_000_000_004))
    assert node.allow("orders", most=1) > 0
    clock.now += 61
    assert node.get("token") is None
    assert node.changes().put == {}


# Clocks


def test_the_time_of_a_document_is_over_to_the_moment(node: Node, clock: Clock) -> None:
    node.put("a", b"1", seconds=10)
    clock.now += 9.999
    assert node.get("a") == b"1"
    clock.now += 0.001
    assert node.get("a") is None


def test_a_lease_is_held_to_the_moment_and_renewed_from_now(node: Node, clock: Clock) -> None:
    lease = node.leased("a", "one", 10)
    clock.now += 9
    node.run(node.shared.renew(lease, 10))
    clock.now += 9.999
    node.put("x", b"1", lease=lease)
    clock.now += 0.001
    with pytest.raises(LeaseLost):
        node.run(node.shared.renew(lease, 10))


def test_when_the_clock_goes_back_fences_and_revisions_do_not(node: Node, clock: Clock) -> None:
    lease = node.leased("a", "one", 10)
    revision = node.put("x", b"1")
    node.run(node.shared.release(lease))
    clock.now -= 86_400

    assert node.leased("a", "two", 10).fence > lease.fence
    assert node.put("x", b"2") > revision


def test_a_lease_of_before_the_clock_went_back_keeps_nobody_waiting(
    node: Node, clock: Clock
) -> None:
    former = node.leased("a", "one that was killed", 30)
    clock.now -= 365 * 86_400

    lease = node.lease("a", "two", 30)
    assert lease is not None
    assert lease.fence > former.fence
    with pytest.raises(LeaseLost):
        node.put("x", b"1", lease=former)
    node.put("x", b"2", lease=lease)
    assert node.lease("a", "three", 30) is None


def test_when_an_old_backup_is_put_in_place_fences_go_on_and_everything_is_told(
    runner: asyncio.Runner, path: Path, node: Node, clock: Clock
) -> None:
    node.put("old", b"1")
    runner.run(node.shared.close())
    backup = path.read_bytes()
    later = Alone(path, clock=clock)
    node = Node(runner, later)
    node.put("new", b"2")
    told = node.changes()
    lease = node.leased("a", "one")

    clock.now += 1
    beside = path.with_name("backup.db")
    beside.touch(0o600)
    beside.write_bytes(backup)
    for log in ("edge.db-wal", "edge.db-shm"):
        path.with_name(log).unlink(missing_ok=True)
    beside.rename(path)
    with pytest.raises(Unreachable, match="it was moved or replaced while it was open"):
        node.put("x", b"3")

    node.put("x", b"3")
    assert set(node.changes(told.revision).put) == {"old", "x"}
    assert node.changes(told.revision).whole
    assert not node.holds(lease)
    assert node.leased("a", "two").fence > lease.fence
    runner.run(later.close())


def test_how_long_to_wait_is_said_to_the_moment(node: Node, clock: Clock) -> None:
    assert node.allow(most=2, window=100) == 0
    clock.now += 30
    assert node.allow(most=2, window=100) == 0
    clock.now += 30
    assert node.allow(most=2, window=100) == pytest.approx(40)
    clock.now += 40
    assert node.allow(most=2, window=100) == 0
    assert node.allow(most=2, window=100) == pytest.approx(30)


# Trouble


def test_a_file_that_cannot_be_opened_is_told_and_tried_again(path: Path, node: Node) -> None:
    path.touch(0o600)
    path.write_bytes(b"routes: []\n" * 1000)
    with pytest.raises(Unreachable) as unreachable:
        node.get("a")
    assert str(unreachable.value) == node.shared.trouble
    assert node.shared.trouble.startswith(f"{path}: it is damaged")

    path.unlink()
    assert node.get("a") is None
    assert node.shared.trouble == ""


def test_a_value_that_was_changed_on_the_disk_is_not_handed_out(path: Path, node: Node) -> None:
    node.put("a", b"1", kind="certificate")
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE shared SET document = X'32'")
        database.commit()

    with pytest.raises(Unreachable, match="a value is not what was written"):
        node.get("a", "certificate")


def test_who_holds_the_database_for_too_long_is_trouble_and_then_it_goes_on(
    monkeypatch: pytest.MonkeyPatch, path: Path, node: Node
) -> None:
    monkeypatch.setattr("sluice_proxy.fleet.records.PATIENCE", 0.05)
    SqliteStore(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as another:
        with transaction(another, "IMMEDIATE"), pytest.raises(Unreachable, match="holds it"):
            node.put("a", b"1")
        node.put("a", b"1")
    assert node.get("a") == b"1"


def test_signals_reach_its_thread_no_more_than_others(runner: asyncio.Runner) -> None:
    began: list[str] = []
    shared = open_shared(None, None, lambda: began.append(threading.current_thread().name))
    runner.run(shared.put("answer", "a", b"1"))
    runner.run(shared.close())

    assert [name.partition("_")[0] for name in began] == ["fleet"]


def test_what_is_in_memory_is_gone_with_it(runner: asyncio.Runner) -> None:
    for _unused in range(2):
        shared = open_shared(None, None)
        assert runner.run(shared.get("answer", "a")) is None
        runner.run(shared.put("answer", "a", b"1"))
        runner.run(shared.close())
