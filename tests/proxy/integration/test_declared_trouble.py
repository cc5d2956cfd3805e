# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store that is damaged, or on a disk that is full or read-only: traffic goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from running.declaring import CONFIG, declared
from running.service import until
from running.store_without_room import occupy
from sluice_proxy.store.sqlite.schema import STEPS

ON_A_DISK = CONFIG.replace("FOLDER/store/", "FOLDER/disk/store/")


def garbage(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"no database at all " * 20)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:6000])


@pytest.mark.parametrize("spoil", [garbage, cut], ids=["garbage", "cut"])
def test_with_a_damaged_store_the_last_that_was_good_is_served_and_can_be_gone_on_with(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    with declared(tmp_path) as one:
        for name in "abc":
            assert one.put(name, f"page of {name}") == 201
        one.proxy.stop()
    spoil(one.store)
    with declared(tmp_path) as one:
        said = f"{one.store}: it is damaged: put a backup in its place, or move it away"
        (line,) = [line for line in one.proxy.said.splitlines() if str(one.store) in line]
        assert line.startswith(f"error: {said}")
        assert line.endswith(
            "; what was last good is served (revision 3), and nothing can be declared"
        )
        with one.clients("a", "page of a"):
            assert one.said_of_store().startswith(said)
            assert sorted(one.routes()) == ["a", "b", "c"]
            refused = one.api("PUT", "/v1/routes/d", {"hosts": "d.test", "page": "x"})
            assert refused.status == 503
            assert said in refused.json["detail"]
            one.proxy.reload()
            assert one.put("d") == 503

            one.store.rename(one.store.with_name("aside.db"))
            one.proxy.reload()
            assert one.said_of_store() == ""
            assert one.put("d", "page of d") == 201
        one.proxy.stop()
    with declared(tmp_path) as one:
        assert {name: one.served(name) for name in "abcd"} == {
            name: f"page of {name}" for name in "abcd"
        }


def test_a_store_that_is_moved_away_under_it_is_told_and_made_anew_with_what_is_served(
    tmp_path: Path,
) -> None:
    with declared(tmp_path) as one:
        with one.clients("none", "Not Found\n"):
            one.put("a")
            one.store.rename(one.store.with_name("aside.db"))
            assert one.put("b") == 503
            assert "was moved or replaced while it was open" in one.said_of_store()
            one.proxy.reload()
            assert one.put("b") == 201
        one.proxy.process.kill()
        one.proxy.process.wait()
    with declared(tmp_path) as one:
        assert sorted(one.routes()) == ["a", "b"]


def test_a_store_of_a_later_release_is_left_alone_and_stops_an_upgrade(tmp_path: Path) -> None:
    with declared(tmp_path) as one:
        one.put("a")
        with closing(sqlite3.connect(one.store)) as database:
            database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
        with one.clients("a", "served"):
            one.proxy.reload()
            one.proxy.signal(12)
            until(lambda: "no upgrade: the new program cannot serve" in one.proxy.said)
        assert f"{one.store}: a newer release wrote it" in one.proxy.said
        assert one.proxy.said.count("serving: ") == 1
        with closing(sqlite3.connect(one.store)) as database:
            database.execute(f"PRAGMA user_version = {len(STEPS)}")
        one.proxy.upgrade()
        assert one.put("b") == 201


def on_a_disk(folder: Path, options: str = "") -> tuple[str, ...]:
    """Return what runs a program with a disk of 2 MiB at ``folder``, with what is in ``before``."""
    script = (
        f'mount -t tmpfs -o size=2m,mode=0700 none "$1/disk"; cp -a "$1/before/." "$1/disk/"; '
        f'{options} shift; exec "$@"'
    )
    return ("unshare", "--map-root-user", "--mount", "--", "sh", "-ec", script, "sh", str(folder))


def folders(folder: Path) -> None:
    (folder / "disk").mkdir()
    (folder / "before").mkdir()


def test_on_a_full_disk_traffic_goes_on_and_what_is_refused_has_changed_nothing(
    tmp_path: Path,
) -> None:
    folders(tmp_path)
    with declared(tmp_path, ON_A_DISK, wrapper=on_a_disk(tmp_path)) as one:
        one.put("a")
        disk = Path(f"/proc/{one.proxy.process.pid}/root{tmp_path}/disk")
        occupy(disk / "ballast")
        with one.clients("a", "served"):
            answers = {}
            while 507 not in answers.values():
                name = f"r{len(answers)}"
                answers[name] = one.put(name, "x" * 60_000)
            assert set(answers.values()) <= {201, 507}
            kept = {name for name, status in answers.items() if status == 201} | {"a"}
            assert set(one.routes()) == kept
            assert "the disk is full: make room in" in one.said_of_store()
            (disk / "ballast").unlink()
            assert one.put("more") == 201
            assert one.said_of_store() == ""
            assert set(one.routes()) == kept | {"more"}


@pytest.mark.parametrize(
    ("spoil", "said", "status"),
    [
        pytest.param('mount -o remount,ro "$1/disk";', "let the proxy's user write to", 503,
                     id="read-only"),
        pytest.param('cat /dev/zero > "$1/disk/ballast" || true;', "the disk is full: make room in",
                     507, id="full"),
    ],
)  # fmt: skip
def test_a_start_on_a_disk_that_takes_nothing_serves_what_was_last_good(
    tmp_path: Path, spoil: str, said: str, status: int
) -> None:
    folders(tmp_path)
    with declared(tmp_path, ON_A_DISK) as one:
        one.put("a")
        one.proxy.stop()
    (tmp_path / "disk" / "store").rename(tmp_path / "before" / "store")
    with declared(tmp_path, ON_A_DISK, wrapper=on_a_disk(tmp_path, spoil)) as one:
        assert said in one.said_of_store()
        with one.clients("a", "served"):
            assert one.put("b") == status
            assert one.routes() == {"a": "served"}
            assert one.api("DELETE", "/v1/routes/a").status == status
            one.proxy.reload()
            assert said in one.said_of_store()
        if status == 507:
            Path(f"/proc/{one.proxy.process.pid}/root{tmp_path}/disk/ballast").unlink()
            one.proxy.reload()
            assert one.said_of_store() == ""
            assert one.put("b") == 201
            assert one.routes() == {"a": "served", "b": "served"}
        assert one.proxy.stop() == 0
