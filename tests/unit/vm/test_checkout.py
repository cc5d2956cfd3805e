# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harness.checkout import files, receiver
from harness.errors import HarnessError


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("build/\n")
    for name in ("tracked.py", "deleted.py", "plugins/new.py", "build/output"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    subprocess.run(["git", "-C", str(tmp_path), "add", "tracked.py", "deleted.py"], check=True)
    (tmp_path / "deleted.py").unlink()
    return tmp_path


def test_tracked_and_new_files_are_pushed_but_ignored_and_deleted_ones_are_not(
    checkout: Path,
) -> None:
    assert sorted(files((), checkout)) == [".gitignore", "plugins/new.py", "tracked.py"]


def test_single_paths_are_pushed_alone(checkout: Path) -> None:
    assert files([str(checkout / "plugins")], checkout) == ["plugins/new.py"]


@pytest.mark.parametrize("path", ["absent", "build", "/etc"])
def test_a_path_without_files_of_the_checkout_is_an_error(checkout: Path, path: str) -> None:
    with pytest.raises(HarnessError, match=path):
        files([str(checkout / path)], checkout)


def test_only_the_whole_checkout_replaces_what_was_there() -> None:
    assert "rm -rf" in receiver(whole=True)
    assert "rm -rf" not in receiver(whole=False)
