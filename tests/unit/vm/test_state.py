# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from harness.errors import HarnessError
from harness.state import Place, Running, place, places, process, read, write

RUNNING = Running(
    guest="debian12",
    image="debian12-0123456789abcdef",
    pid=4711,
    accelerator="tcg",
    ports={"vm": 4001},
    sockets="/tmp/sluice-vm-x",
)


@pytest.fixture
def where(tmp_path: Path) -> Place:
    made = place("default", tmp_path)
    made.directory.mkdir(parents=True)
    return made


def test_what_was_recorded_is_read_back(where: Place) -> None:
    write(where, RUNNING)
    assert read(where) == RUNNING


def test_no_record_is_no_machine(where: Place) -> None:
    assert read(where) is None


def test_a_damaged_record_is_no_machine(where: Place) -> None:
    where.record.write_text('{"guest": "debi')
    assert read(where) is None


def test_a_machine_is_alive_while_the_process_with_its_overlay_runs(where: Place) -> None:
    waiting = [sys.executable, "-c", "print(flush=True); input()", f"file={where.overlay}"]
    pipe = subprocess.PIPE
    with subprocess.Popen(waiting, stdin=pipe, stdout=pipe) as machine:
        assert machine.stdin is not None
        assert machine.stdout is not None
        machine.stdout.readline()
        where.pidfile.write_text(f"{machine.pid}\n")
        assert process(where) == machine.pid
        machine.stdin.write(b"\n")
    assert process(where) is None


def test_a_process_id_that_now_belongs_to_something_else_is_no_machine(where: Place) -> None:
    where.pidfile.write_text(f"{os.getpid()}\n")
    assert process(where) is None


@pytest.mark.parametrize("name", ["", "../evil", "a b", "-x", "x" * 41])
def test_a_name_that_is_not_a_plain_word_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="is not letters, digits, dashes"):
        place(name, tmp_path)


def test_the_machines_of_a_checkout_are_its_places_and_not_their_locks(where: Place) -> None:
    (where.directory.parent / "default.lock").touch()
    checkout = where.directory.parents[2]
    place("second", checkout).directory.mkdir()
    assert places(checkout) == [where, place("second", checkout)]


def test_a_checkout_without_machines_has_no_places(tmp_path: Path) -> None:
    assert places(tmp_path) == []
