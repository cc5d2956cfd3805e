# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of an authority: whole or not there, made once, closed to others."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from samples.certificates import leaf
from sluice_proxy.issuing.authority import Authority, AuthorityPem, BadAuthority, new_authority
from sluice_proxy.issuing.authority_folder import (
    CERTIFICATE,
    KEY,
    load,
    load_certificate,
    load_or_make,
)
from sluice_proxy.issuing.issued import certificate_pem
from sluice_proxy.issuing.mkcert import load_mkcert, mkcert_folder

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def make() -> AuthorityPem:
    return new_authority(NOW, host="desk")


def never() -> AuthorityPem:
    pytest.fail("another authority is made")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(folder: Path) -> str:
    with pytest.raises(BadAuthority) as bad:
        load_or_make(folder, never)
    assert "\n" not in str(bad.value)
    return str(bad.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an authority that was made."""
    made = tmp_path / "state" / "ca"
    load_or_make(made, make)
    return made


@pytest.fixture
def open_mask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_mask")
def test_the_key_is_closed_to_others_whatever_the_mask(tmp_path: Path) -> None:
    load_or_make(tmp_path / "ca", make)

    assert mode(tmp_path / "ca" / KEY) == 0o600
    assert mode(tmp_path / "ca") == 0o700


def test_it_is_made_once(folder: Path) -> None:
    first = load(folder)

    assert load_or_make(folder, never).fingerprint == first.fingerprint
    assert sorted(path.name for path in folder.iterdir()) == sorted([CERTIFICATE, KEY])


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir()

    assert load_or_make(tmp_path / "ca", make).fingerprint == load(tmp_path / "ca").fingerprint


def test_all_who_make_it_at_once_get_the_same(tmp_path: Path) -> None:
    ready = Barrier(8)

    def make_with_the_others() -> AuthorityPem:
        made = make()
        ready.wait(30)
        return made

    with ThreadPoolExecutor(8) as pool:
        found: list[Authority] = list(
            pool.map(lambda _n: load_or_make(tmp_path / "ca", make_with_the_others), range(8))
        )

    assert len({one.fingerprint for one in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ca"]


def test_one_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadAuthority, match=r"no CA can be made at .*ca: No space left"):
        load_or_make(tmp_path / "ca", make)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lost", [CERTIFICATE, KEY])
def test_the_half_of_one_is_never_replaced(folder: Path, lost: str) -> None:
    (folder / lost).unlink()

    assert f"{lost} cannot be read: No such file or directory: put it back" in refused(folder)


@pytest.mark.parametrize("others", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_may_read_is_refused(folder: Path, others: int) -> None:
    (folder / KEY).chmod(others)

    assert "is open to other users: chmod 600" in refused(folder)


def test_to_export_it_takes_no_key(folder: Path) -> None:
    (folder / KEY).unlink()
    before = (folder / CERTIFICATE).read_bytes()

    assert certificate_pem(load_certificate(folder)) == before


def test_to_export_what_is_no_authority_is_refused_with_its_folder(folder: Path) -> None:
    (folder / CERTIFICATE).write_bytes(leaf("app.test").pem)

    with pytest.raises(BadAuthority, match=f"{folder}: .* use that of a CA"):
        load_certificate(folder)
    (folder / CERTIFICATE).unlink()
    with pytest.raises(BadAuthority, match=rf"{CERTIFICATE} cannot be read"):
        load_certificate(folder)


def test_a_link_in_place_of_the_key_is_not_followed(folder: Path) -> None:
    (folder / KEY).rename(folder.parent / "elsewhere")
    (folder / KEY).symlink_to(folder.parent / "elsewhere")

    assert "cannot be read" in refused(folder)


def test_a_key_that_was_swapped_is_named_with_its_folder(folder: Path, tmp_path: Path) -> None:
    load_or_make(tmp_path / "other", make)
    (tmp_path / "other" / KEY).replace(folder / KEY)

    assert refused(folder) == (
        f"{folder}: the key is not that of the certificate: put the pair back"
    )


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"CAROOT": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"CAROOT": "", "XDG_DATA_HOME": "/b", "HOME": "/c"}, "/b/mkcert"),
        ({"HOME": "/c"}, "/c/.local/share/mkcert"),
    ],
)
def test_mkcert_is_looked_for_where_it_puts_its_authority(
    environ: dict[str, str], folder: str
) -> None:
    assert mkcert_folder(environ) == Path(folder)


def test_without_an_environment_there_is_no_mkcert() -> None:
    assert mkcert_folder({}) is None
    assert load_mkcert({}) is None


def in_mkcert(folder: Path, root: Path) -> None:
    """Put an authority where mkcert has its own, with the modes that mkcert gives."""
    root.mkdir(parents=True)
    (root / "rootCA.pem").write_bytes((folder / CERTIFICATE).read_bytes())
    (root / "rootCA-key.pem").write_bytes((folder / KEY).read_bytes())
    (root / "rootCA-key.pem").chmod(0o400)


def test_the_authority_of_mkcert_is_taken_where_it_is(folder: Path, tmp_path: Path) -> None:
    in_mkcert(folder, tmp_path / ".local" / "share" / "mkcert")
    found = load_mkcert({"HOME": str(tmp_path)})

    assert found is not None
    assert found.fingerprint == load(folder).fingerprint


def test_mkcert_that_made_no_authority_is_not_there(tmp_path: Path) -> None:
    assert load_mkcert({"CAROOT": str(tmp_path)}) is None


def test_mkcert_without_its_key_is_an_error_and_not_another_authority(
    folder: Path, tmp_path: Path
) -> None:
    in_mkcert(folder, tmp_path / "root")
    (tmp_path / "root" / "rootCA-key.pem").unlink()

    with pytest.raises(BadAuthority, match=r"rootCA-key\.pem cannot be read"):
        load_mkcert({"CAROOT": str(tmp_path / "root")})
