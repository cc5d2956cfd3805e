# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from harness.errors import HarnessError
from harness.guests import GUESTS, Guest, select
from harness.image import outdated
from harness.recipe import BUILDERS, find, fingerprint, packages, read_list

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
    return fingerprint(guest, recipe.parent, (recipe.parent / "builder.py",))


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


@pytest.mark.parametrize("guest", GUESTS.values(), ids=GUESTS.keys())
def test_the_package_lists_name_no_package_twice(guest: Guest) -> None:
    names = packages(guest)
    assert len(names) == len(set(names)) > 0


@pytest.fixture
def on_top(recipe: Path) -> Guest:
    folder = recipe.parent / "recipe-more"
    (folder / "root").mkdir(parents=True)
    (folder / "packages").write_text("systemd\n")
    (folder / "root" / "init").write_text("#!/bin/sh\nexec /sbin/init\n")
    return Guest("debian12-more", "bookworm", ("recipe", "recipe-more"))


def test_a_recipe_on_top_adds_packages_and_replaces_files(recipe: Path, on_top: Guest) -> None:
    assert packages(on_top, recipe.parent) == ["kmod", "systemd"]
    assert find(on_top, "root/init", recipe.parent) == recipe.parent / "recipe-more/root/init"
    assert find(GUEST, "root/init", recipe.parent) == recipe / "root/init"


def test_a_recipe_on_top_counts_in_the_fingerprint_of_its_guest_only(
    recipe: Path, on_top: Guest
) -> None:
    before = of(recipe), of(recipe, on_top)
    (recipe.parent / "recipe-more" / "packages").write_text("systemd\ndbus\n")
    assert of(recipe) == before[0]
    assert of(recipe, on_top) != before[1]


def test_a_file_of_no_recipe_is_named(recipe: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no recipe of debian12 has root/nowhere"):
        find(GUEST, "root/nowhere", recipe.parent)


def test_a_new_image_outdates_those_of_its_own_guest_only(tmp_path: Path) -> None:
    for name in ("debian12-0123456789abcdef", "debian12-systemd-0123456789abcdef", "debian12.lock"):
        (tmp_path / name).mkdir()
    assert [path.name for path in outdated(GUEST, tmp_path)] == ["debian12-0123456789abcdef"]


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
