# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.errors import HarnessError
from harness.guests import GUESTS, Guest, select
from harness.recipe import BUILDERS, RECIPE, fingerprint, read_list

GUEST = Guest("debian12", "bookworm")


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    folder = tmp_path / "recipe"
    (folder / "root").mkdir(parents=True)
    (folder / "packages").write_text("kmod\n")
    (folder / "root" / "init").write_text("#!/bin/sh\n")
    (tmp_path / "builder.py").write_text("steps = 1\n")
    return folder


def of(recipe: Path, guest: Guest = GUEST) -> str:
    return fingerprint(guest, recipe, (recipe.parent / "builder.py",))


def test_the_fingerprint_of_an_unchanged_recipe_stays(recipe: Path) -> None:
    assert of(recipe) == of(recipe)


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda recipe: (recipe / "packages").write_text("kmod\ncurl\n"),
    "name": lambda recipe: (recipe / "packages").rename(recipe / "package"),
    "new file": lambda recipe: (recipe / "root" / "extra").write_text(""),
    "executable bit": lambda recipe: (recipe / "root" / "init").chmod(0o755),
    "builder": lambda recipe: (recipe.parent / "builder.py").write_text("steps = 2\n"),
    "text moved between files": lambda recipe: (
        (recipe / "packages").write_text("kmo"),
        (recipe / "root" / "init").write_text("d\n#!/bin/sh\n"),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_fingerprint_changes_with_the_recipe(
    recipe: Path, change: Callable[[Path], object]
) -> None:
    before = of(recipe)
    change(recipe)
    assert of(recipe) != before


def test_every_guest_has_a_fingerprint_of_its_own() -> None:
    assert len({fingerprint(guest) for guest in GUESTS.values()}) == len(GUESTS)


def test_the_builders_whose_sources_count_exist() -> None:
    assert all(path.is_file() for path in BUILDERS)


def test_a_list_has_comments_and_blank_lines_removed(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# heading\n\nkmod   # modprobe\n curl\n")
    assert read_list(tmp_path / "list") == ["kmod", "curl"]


def test_the_package_list_names_no_package_twice() -> None:
    packages = read_list(RECIPE / "packages")
    assert len(packages) == len(set(packages)) > 0


def test_the_guest_is_the_named_one_then_the_environments_then_debian_12(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SLUICE_GUEST", raising=False)
    assert select().name == "debian12"
    monkeypatch.setenv("SLUICE_GUEST", "debian13")
    assert select().suite == "trixie"
    assert select("debian12").suite == "bookworm"


def test_an_unknown_guest_is_refused_with_the_known_ones() -> None:
    with pytest.raises(HarnessError, match="'beos' is unknown; choose one of debian12, debian13"):
        select("beos")
