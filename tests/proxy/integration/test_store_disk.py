# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store on a disk that is full, fails, or cannot be written to: on real ones where it can be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sluice_proxy.store.sqlite.store import SqliteStore

TESTS = Path(__file__).resolve().parents[1]
PACKAGE = TESTS.parents[1] / "roles" / "proxy" / "files"
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{PACKAGE}{os.pathsep}{TESTS}"}
OPEN = (
    "import sys; from pathlib import Path; from sluice_proxy.store.sqlite.store import SqliteStore;"
    "SqliteStore(Path(sys.argv[1])).close()"
)


def mounted(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script with a disk of 3 MiB at ``folder``, its $1, that nobody else sees."""
    return subprocess.run(
        [
            "unshare", "--map-root-user", "--mount", "--", "sh", "-ec",
            f'mount -t tmpfs -o size=3m,mode=0700 none "$1"; {script}',
            "sh", str(folder), sys.executable, OPEN,
        ],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def test_on_a_full_disk_a_change_fails_whole_and_the_next_is_made_when_there_is_room(
    tmp_path: Path,
) -> None:
    done = mounted(tmp_path, '"$2" -m running.store_without_room "$1"')
    assert done.returncode == 0, done.stderr

    outcome = json.loads(done.stdout)
    path = tmp_path / "store" / "edge.db"
    assert outcome["full"].startswith(f"{path}: the disk is full: make room in {path.parent} (")
    assert outcome["revision"] > 3
    assert outcome["went on"] == outcome["revision"] + 1
    assert "other" in outcome["no room"]
    assert "the disk is full" in outcome["no room"] or "No space left" in outcome["no room"]


def test_a_change_that_the_disk_did_not_sync_is_absent_also_after_a_sudden_end(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store" / "edge.db"
    done = subprocess.run(
        [sys.executable, "-m", "running.store_without_sync", str(path)],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.startswith(f"5 {path}: the disk does not take or give it: look into the ")

    store = SqliteStore(path)
    contents = store.read(None)
    store.close()
    assert contents.revision == 5
    assert [key.id for key in contents.items] == list("01234")


@pytest.mark.parametrize("before", ['"$2" -c "$3" "$1/store/edge.db";', ""], ids=["store", "none"])
def test_on_a_disk_that_cannot_be_written_to_it_says_so(tmp_path: Path, before: str) -> None:
    done = mounted(tmp_path, f'{before} mount -o remount,ro "$1"; "$2" -c "$3" "$1/store/edge.db"')

    path = tmp_path / "store" / "edge.db"
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"sluice_proxy.store.failures.StoreFailed: {path}: ")
    assert f"let the proxy's user write to {path.parent}" in last
