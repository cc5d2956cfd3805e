# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store whose process is killed at any moment: what was acknowledged is there, all else whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running.store_writer import BEGUN, contents_after
from sluice_proxy.store.sqlite.store import SqliteStore

TESTS = Path(__file__).resolve().parents[1]
PACKAGE = TESTS.parents[1] / "roles" / "proxy" / "files"
CHANGES, KILLS = 120, 20


def write_and_be_killed(path: Path, seconds: float) -> int | None:
    """Have a process change the store for so long; return the last change that it was told of."""
    with subprocess.Popen(
        [sys.executable, "-m", "running.store_writer", str(path)],
        env={**os.environ, "PYTHONPATH": f"{PACKAGE}{os.pathsep}{TESTS}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(len(BEGUN)) == BEGUN
        time.sleep(seconds)
        process.kill()
        # A number of which only a part was said was acknowledged too, but is not known.
        said = process.stdout.read().decode().rpartition("\n")[0].split()
        assert process.stderr.read() == b""
    return int(said[-1]) if said else None


def revision_of_whole(path: Path) -> int:
    """Return the revision of the store, in which there is all that belongs to it and no more."""
    store = SqliteStore(path)
    contents = store.read(None)
    store.close()
    found = {key: item.document for key, item in contents.items.items()}
    assert found == contents_after(contents.revision)
    assert {item.version for item in contents.items.values()} <= {
        int(key.id) for key in contents.items
    }
    return contents.revision


@pytest.mark.parametrize("looked_at", [True, False], ids=["looked at after each", "at the end"])
def test_every_change_that_was_acknowledged_is_there_and_no_other_but_as_a_whole(
    tmp_path: Path, looked_at: bool
) -> None:
    chance = random.Random()
    path = tmp_path / "store" / "edge.db"
    acknowledged = kills = 0
    longest = 0.15
    while acknowledged < CHANGES or kills < KILLS:
        told = write_and_be_killed(path, chance.uniform(0, longest))
        kills += 1
        if told is None:
            # Where the disk is slow, more time is needed for anything to happen.
            longest *= 1.1
        else:
            acknowledged = told
        # Without a look the next process finds the files just as the killed one left them.
        if looked_at:
            found = revision_of_whole(path)
            assert found - acknowledged in (0, 1)
            acknowledged = found
    assert revision_of_whole(path) - acknowledged in range(kills + 1)


def test_a_store_whose_making_was_cut_short_is_made(tmp_path: Path) -> None:
    chance = random.Random()
    for number in range(KILLS):
        path = tmp_path / f"store{number}" / "edge.db"
        acknowledged = write_and_be_killed(path, chance.uniform(0, 0.03)) or 0

        assert revision_of_whole(path) - acknowledged in (0, 1)
