# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes over the API: kept and in force, or neither."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from samples.config import FilesInMemory
from sluice_proxy.admin.edge import NotInForce
from sluice_proxy.config.loading import parse_base
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.issuing.issuer import Issuer
from sluice_proxy.resources.model import Batch, Declare, Kind, Outcome, Verb, Withdraw
from sluice_proxy.resources.refusing import Invalid, Outdated
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.store.failures import StoreFull
from sluice_proxy.store.items import Applied
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.supervisor.beside import Beside
from sluice_proxy.supervisor.changes import Changes
from sluice_proxy.supervisor.declaring import Declaring
from sluice_proxy.supervisor.kept import known_at
from sluice_proxy.supervisor.worker import Refused

NOW = datetime(2026, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class Force:
    """Stands for the Enforcer: remembers what was in force, and refuses a route named ``bad``."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.timeouts = 0
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def put_in_force(self, snapshot: Snapshot) -> None:
        await self.go_on.wait()
        if any(route.name == "bad" for route in snapshot.routes):
            raise Refused("a worker cannot take this")
        if any(route.name == "bug" for route in snapshot.routes):
            raise RuntimeError("nobody thought of this")
        if any(route.name == "slow" for route in snapshot.routes):
            self.timeouts += 1
            raise TimeoutError
        self.snapshots.append(snapshot)

    async def change_to(self, snapshot: Snapshot) -> None:
        await self.put_in_force(snapshot)

    @property
    def names(self) -> list[str]:
        return [route.name for route in self.snapshots[-1].routes]


class Edge:
    """Changes over a real store, with a Force in place of workers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.force = Force()
        self.beside = Beside(lambda: None)
        self.changing = asyncio.Lock()
        self.declaring = Declaring(
            self.force,  # type: ignore[arg-type]
            self.beside,
            self.changing,
            lambda: None,
            Issuer({}, "host"),
            lambda: NOW,
        )
        self.changes = Changes(
            self.declaring,
            self.force,  # type: ignore[arg-type]
            self.beside,
            self.changing,
        )

    async def serve(self, more: str = "") -> None:
        text = f"listen: 127.0.0.1:80\nstore: {self.path}\n{more}"
        base = parse_base(text.encode(), file="edge.yml", files=FilesInMemory())
        async with self.changing:
            await self.declaring.serve(base)

    async def put(self, name: str, page: str = "x", expected: int | None = None) -> Outcome:
        document = {"hosts": f"{name}.test", "page": page}
        batch = Batch((Declare(Kind.ROUTE, name, document, expected=expected),))
        return await self.changes.change(batch)

    @property
    def declared(self) -> dict[str, int]:
        routes = self.declaring.composition.edition.declared.of_kind[Kind.ROUTE]
        return {name: route.version for name, route in routes.items()}

    @property
    def stored(self) -> list[str]:
        return [key.id for key in known_at(str(self.path)).contents.items]


@asynccontextmanager
async def edge(folder: Path) -> AsyncIterator[Edge]:
    one = Edge(folder / "store" / "edge.db")
    await one.serve()
    try:
        yield one
    finally:
        await one.changes.finish()
        await one.declaring.close()
        one.beside.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def test_a_change_is_in_the_store_and_in_force_when_it_is_answered(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            outcome = await one.put("a")
            assert (outcome.revision, [each.verb for each in outcome.operations]) == (
                1,
                [Verb.CREATE],
            )
            assert one.force.names == one.stored == ["a"]
            assert one.declared == {"a": 1}
            assert (await one.put("a")).operations == ()
            assert len(one.force.snapshots) == 2
            await one.changes.change(Batch((Withdraw(Kind.ROUTE, "a"),)))
            assert one.force.names == one.stored == []

    run(use())


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            batch = Batch((Declare(Kind.ROUTE, "a", {"hosts": "a", "page": "x"}),))
            outcome = await one.changes.plan(batch)
            assert [each.verb for each in outcome.operations] == [Verb.CREATE]
            assert (one.stored, one.declared, len(one.force.snapshots)) == ([], {}, 1)

    run(use())


def test_many_that_wait_are_kept_one_by_one_and_put_in_force_together(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            one.force.go_on.clear()
            waiting = [asyncio.create_task(one.put(f"r{number}")) for number in range(20)]
            await asyncio.sleep(0.01)
            waiting[7].cancel()
            one.force.go_on.set()
            outcomes = await asyncio.gather(*waiting, return_exceptions=True)
            revisions = {each.revision for each in outcomes if isinstance(each, Outcome)}
            assert revisions == set(range(1, 21)) - {8}
            assert len(one.declared) == len(one.stored) == 20
            # The first was on its way already when the others came.
            assert len(one.force.snapshots) <= 3

    run(use())


def test_of_many_that_wait_only_the_one_that_workers_refuse_is_refused(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            await one.put("kept", "before")
            names = ["a", "bad", "b", "bug", "kept"]
            outcomes = await asyncio.gather(
                *(one.put(name, "after") for name in names), return_exceptions=True
            )
            assert [type(each) for each in outcomes] == [
                Outcome, NotInForce, Outcome, NotInForce, Outcome,
            ]  # fmt: skip
            assert str(outcomes[1]) == "a worker cannot take this"
            assert one.force.names == one.stored == ["a", "b", "kept"]
            # What was put back has the versions with which it came back.
            for name, version in one.declared.items():
                await one.put(name, "anew", expected=version)
            assert one.force.names == ["a", "b", "kept"]

    run(use())


def test_workers_that_do_not_answer_hold_up_those_who_wait_only_once(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            outcomes = await asyncio.gather(
                *(one.put(name) for name in ("a", "slow", "b")), return_exceptions=True
            )
            assert [type(each) for each in outcomes] == [NotInForce] * 3
            assert "the workers did not take the snapshot over within" in str(outcomes[0])
            assert (one.force.timeouts, one.stored) == (1, [])
            await one.put("a")
            assert one.force.names == one.stored == ["a"]

    run(use())


def test_who_comes_later_is_held_to_what_came_before_in_the_same_turn(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            outcomes = await asyncio.gather(
                one.put("a", "first", expected=0),
                one.put("a", "second", expected=0),
                one.put("a", "third", expected=1),
                one.changes.change(
                    Batch((Declare(Kind.ROUTE, "b", {"hosts": "a.test", "page": "x"}),))
                ),
                return_exceptions=True,
            )
            assert [type(each) for each in outcomes] == [Outcome, Outdated, Outcome, Invalid]
            assert one.declared == {"a": 2}

    run(use())


def test_a_file_that_is_read_again_goes_on_with_what_is_declared(tmp_path: Path) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            await one.put("a")
            await one.serve("routes: [{name: f, hosts: f.test, page: x}]")
            assert one.force.names == ["f", "a"]
            with pytest.raises(Refused):
                await one.serve("routes: [{name: bad, hosts: f.test, page: x}]")
            await one.put("b")
            assert one.force.names == ["f", "a", "b"]

    run(use())


def test_at_the_end_what_is_under_way_becomes_done_and_what_waits_is_refused(
    tmp_path: Path,
) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            one.force.go_on.clear()
            first = asyncio.create_task(one.put("a"))
            while one.stored != ["a"]:
                await asyncio.sleep(0)
            second = asyncio.create_task(one.put("b"))
            await asyncio.sleep(0)
            ending = asyncio.create_task(one.changes.finish())
            await asyncio.sleep(0)
            one.force.go_on.set()
            await ending
            assert (await first).revision == 1
            with pytest.raises(NotInForce, match="the proxy is ending"):
                await second
            with pytest.raises(NotInForce, match="the proxy is ending"):
                await one.put("c")
            assert one.stored == ["a"]

    run(use())


def test_as_long_as_nothing_is_in_force_nothing_is_declared(tmp_path: Path) -> None:
    async def use() -> None:
        one = Edge(tmp_path / "store" / "edge.db")
        with pytest.raises(NotInForce, match="does not serve yet"):
            await one.put("a")
        one.beside.close()

    run(use())


def test_a_store_that_a_refused_file_names_gets_nothing_and_a_later_one_all_of_it(
    tmp_path: Path,
) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            await one.put("a")
            one.path = tmp_path / "other" / "edge.db"
            with pytest.raises(Refused):
                await one.serve("routes: [{name: bad, hosts: f.test, page: x}]")
            assert one.stored == []
            await one.put("b")
            await one.serve()
            assert one.force.names == one.stored == ["a", "b"]
            assert one.declared == {"a": 1, "b": 2}
            await one.put("a", "new", expected=1)
            assert one.declared == {"a": 3, "b": 2}

    run(use())


@pytest.mark.parametrize("by", ["change", "reload", "end"])
def test_what_cannot_be_put_back_at_once_is_put_back_before_anything_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    async def use() -> None:
        async with edge(tmp_path) as one:
            await one.put("a")
            await refused_while_the_disk_becomes_full(one)
            assert one.stored == ["a", "bad"]
            assert one.declared == {"a": 1}
            if by == "change":
                # It came back as a change of its own.
                await one.put("a", "new", expected=3)
            elif by == "reload":
                await one.serve()
            if by != "end":
                assert one.force.names == one.stored == ["a"]
        assert one.stored == ["a"]

    async def refused_while_the_disk_becomes_full(one: Edge) -> None:
        apply, done = SqliteStore.apply, []

        def until_full(store: SqliteStore, *arguments: Any) -> Applied:
            if done:
                raise StoreFull("edge.db", "the disk is full")
            done.append(True)
            return apply(store, *arguments)

        both = [
            Declare(Kind.ROUTE, name, {"hosts": f"{name}.test", "page": "after"})
            for name in ("a", "bad")
        ]
        with monkeypatch.context() as patched:
            patched.setattr(SqliteStore, "apply", until_full)
            with pytest.raises(NotInForce, match="a worker cannot take this"):
                await one.changes.change(Batch(tuple(both)))
            with pytest.raises(StoreFull):
                await one.put("b")

    run(use())


def test_a_file_that_takes_what_is_declared_is_refused_also_when_the_store_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> Applied:
        raise StoreFull("edge.db", "the disk is full")

    async def use() -> None:
        async with edge(tmp_path) as one:
            await one.put("a")
            with monkeypatch.context() as patched:
                patched.setattr(SqliteStore, "apply", full)
                with pytest.raises(StoreFull):
                    await one.put("b")
            with pytest.raises(InvalidConfig, match="route 'a' of this file is declared"):
                await one.serve("routes: [{name: a, hosts: f.test, page: x}]")
            with pytest.raises(InvalidConfig, match=r"both serve host a\.test"):
                await one.serve("routes: [{name: f, hosts: a.test, page: x}]")
            await one.put("b")
            assert one.force.names == one.stored == ["a", "b"]

    run(use())


def test_nobody_waits_for_ever_when_a_turn_fails_in_a_way_that_nobody_thought_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(_following: object) -> None:
        raise RuntimeError("nobody thought of this")

    async def use() -> None:
        async with edge(tmp_path) as one:
            with monkeypatch.context() as patched:
                patched.setattr(one.declaring, "adopt", bug)
                outcomes = await asyncio.gather(one.put("a"), one.put("b"), return_exceptions=True)
            assert [type(each) for each in outcomes] == [RuntimeError, RuntimeError]

    run(use())


def test_no_more_changes_wait_than_there_is_memory_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sluice_proxy.supervisor.changes.MOST_WAITING", 3)

    async def use() -> None:
        async with edge(tmp_path) as one:
            one.force.go_on.clear()
            first = asyncio.create_task(one.put("a"))
            while one.stored != ["a"]:
                await asyncio.sleep(0)
            waiting = [asyncio.create_task(one.put(name)) for name in "bcd"]
            await asyncio.sleep(0)
            with pytest.raises(NotInForce, match="3 changes wait already: try again"):
                await one.put("e")
            one.force.go_on.set()
            await asyncio.gather(first, *waiting)
            assert one.stored == ["a", "b", "c", "d"]

    run(use())
