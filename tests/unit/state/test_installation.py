# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command on a host: installed whole, switched to at once, repaired, removed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.plugins.module_utils._state import installation
from ansible_collections.sluice.edge.plugins.module_utils._state.installation import (
    Engine,
    Place,
    install,
    own_engine,
    remove,
)

COMMAND = "def main():\n    print('engine %s')\n    return 0\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "lib" / "sluice"), str(tmp_path / "sbin" / "sluice-state"))


def engine(version: str) -> Engine:
    sources = {"__init__.py": "", "_state/__init__.py": "", "_state/command.py": COMMAND % version}
    return Engine(sources, "_state.command", sys.executable)


def ask(place: Place, *arguments: str) -> str:
    done = subprocess.run(
        [place.command, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def files(folder: str) -> Dict[str, str]:
    found = {}
    for top, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            found[path] = "pyc" if name.endswith(".pyc") else Path(path).read_text(encoding="utf-8")
    return found


def test_the_command_runs_the_engine_that_was_installed(place: Place) -> None:
    assert install(engine("1"), place, check=False)["changed"]
    assert ask(place) == "engine 1"


def test_a_second_run_has_nothing_to_do(place: Place) -> None:
    install(engine("1"), place, check=False)
    before = files(place.library)
    assert install(engine("1"), place, check=False)["operations"] == []
    assert files(place.library) == before


def test_a_new_engine_replaces_the_one_before(place: Place) -> None:
    install(engine("1"), place, check=False)
    result = install(engine("2"), place, check=False)
    assert ask(place) == "engine 2"
    assert os.listdir(place.library) == [os.path.basename(engine("2").folder(place))]
    assert result["operations"] == [
        "install " + engine("2").folder(place),
        "write " + place.command,
        "remove " + engine("1").folder(place),
    ]


def test_check_mode_tells_the_same_and_writes_nothing(place: Place) -> None:
    foreseen = install(engine("1"), place, check=True)
    assert not os.path.exists(place.library)
    assert install(engine("1"), place, check=False) == foreseen


@pytest.mark.parametrize("damage", ["changed", "missing", "added"])
def test_a_damaged_engine_is_written_anew(place: Place, damage: str) -> None:
    install(engine("1"), place, check=False)
    whole = files(place.library)
    package = Path(engine("1").folder(place), installation.PACKAGE)
    if damage == "changed":
        (package / "_state" / "command.py").write_text("raise SystemExit(9)\n", encoding="utf-8")
    elif damage == "missing":
        (package / "_state" / "command.py").unlink()
    else:
        (package / "socket.py").write_text("", encoding="utf-8")
    assert install(engine("1"), place, check=False)["changed"]
    assert files(place.library) == whole
    assert ask(place) == "engine 1"


def test_what_a_killed_run_left_is_in_nobodys_way(place: Place) -> None:
    os.makedirs(engine("1").folder(place) + ".new/leftover")
    install(engine("1"), place, check=False)
    assert ask(place) == "engine 1"
    assert os.listdir(place.library) == [os.path.basename(engine("1").folder(place))]


def test_others_may_read_it_and_only_the_owner_write(place: Place) -> None:
    mask = os.umask(0o077)
    try:
        install(engine("1"), place, check=False)
    finally:
        os.umask(mask)
    assert os.stat(place.command).st_mode & 0o777 == 0o755
    for top, _folders, names in os.walk(engine("1").folder(place)):
        assert os.stat(top).st_mode & 0o777 == 0o755
        for name in names:
            assert os.stat(os.path.join(top, name)).st_mode & 0o777 == 0o644


def test_it_is_compiled_and_knows_where_it_will_be(place: Place) -> None:
    install(engine("1"), place, check=False)
    compiled = [path for path, text in files(place.library).items() if text == "pyc"]
    assert len(compiled) == len(engine("1").sources)
    assert all(b".new" not in Path(path).read_bytes() for path in compiled)


def test_removing_leaves_nothing(place: Place, tmp_path: Path) -> None:
    install(engine("1"), place, check=False)
    assert remove(place, check=True)["changed"]
    assert ask(place) == "engine 1"
    assert remove(place, check=False)["changed"]
    assert sorted(os.listdir(str(tmp_path))) == ["lib", "sbin"]
    assert files(str(tmp_path)) == {}
    assert remove(place, check=False)["operations"] == []


def test_what_somebody_else_put_beside_it_stays(place: Place) -> None:
    install(engine("1"), place, check=False)
    other = Path(place.library, "notes")
    other.write_text("mine", encoding="utf-8")
    remove(place, check=False)
    assert other.read_text(encoding="utf-8") == "mine"


def test_a_file_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    place = Place(str(tmp_path / "file" / "sluice"), str(tmp_path / "sluice-state"))
    with pytest.raises(Unavailable, match=r"cannot install sluice-state: .*: Not a directory"):
        install(engine("1"), place, check=False)


def test_the_engine_of_this_collection_installs_itself_and_reads_records(
    place: Place, tmp_path: Path
) -> None:
    ours = own_engine()
    install(ours, place, check=False)
    records = tmp_path / "records"
    records.mkdir()
    assert ask(place, "--records", str(records), "export") == "{}"
    assert set(ours.sources) >= {"_state/command.py", "_ipvs/driver.py", "_converge/plan.py"}


def test_the_interpreter_is_named_by_a_path_that_outlives_an_upgrade() -> None:
    python = own_engine().python
    assert python in (sys.executable, "/usr/bin/python3")
