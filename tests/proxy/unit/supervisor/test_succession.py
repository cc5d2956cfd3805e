# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program is asked that is to take over: whether it can serve all that is declared."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from samples.config import FilesInMemory
from sluice_proxy.config.loading import Base, parse_base
from sluice_proxy.resources.model import Kind, Resource
from sluice_proxy.resources.stored import encode, key_of
from sluice_proxy.store.items import Put
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import WHATEVER
from sluice_proxy.supervisor.configuration import check_succession


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store" / "edge.db"
    kept = SqliteStore(path)
    route = Resource(Kind.ROUTE, "a", {"hosts": "a.test", "page": "x"})
    kept.apply([Put(key_of(Kind.ROUTE, "a"), encode(route))], WHATEVER)
    kept.close()
    return path


def base(store: Path | None, more: str = "") -> Base:
    text = f"listen: 0.0.0.0:80\n{more}\n" + (f"store: {store}" if store else "")
    return parse_base(text.encode(), file="edge.yml", files=FilesInMemory())


def test_without_a_store_and_with_a_sound_one_there_is_no_objection(store: Path) -> None:
    assert check_succession(base(None)) == []
    assert check_succession(base(store)) == []


def test_a_store_that_is_not_there_yet_is_none_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "store" / "edge.db"

    assert check_succession(base(path)) == []
    assert not path.parent.exists()


def test_what_would_be_left_out_is_named(store: Path) -> None:
    more = "routes: [{name: a, hosts: b.test, page: x}]"

    assert check_succession(base(store, more)) == [
        "route a: the configuration file has one of that id: withdraw this one, or rename that"
        " (it would be left out: withdraw it, or put it right)"
    ]


def test_a_store_of_a_later_release_is_an_objection_and_a_damaged_one_is_none(store: Path) -> None:
    with closing(sqlite3.connect(store)) as database:
        database.execute("PRAGMA user_version = 99")
    (line,) = check_succession(base(store))
    assert line.startswith(f"{store}: a newer release wrote it (schema 99, this one knows ")

    # The program that runs serves what was last good, and so would this one.
    store.write_bytes(b"no database" * 1000)
    assert check_succession(base(store)) == []


def test_a_file_of_tokens_that_is_no_use_is_an_objection(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    more = f"admin: {{listen: unix:/run/admin.sock, tokens_file: {tokens}}}"
    tokens.write_text("")
    tokens.chmod(0o600)
    assert check_succession(base(None, more)) == []

    tokens.chmod(0o640)
    (line,) = check_succession(base(None, more))
    assert line.startswith(f"tokens_file of admin: {tokens}: others than its owner may use it")
