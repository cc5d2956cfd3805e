# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trust of the whole system: what would be done, and what is done when a step fails."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from sluice_proxy.issuing.system_trust import CannotTrust, carry_out, look
from sluice_proxy.issuing.trust_plan import (
    DEBIAN,
    Gather,
    Remove,
    RemoveLink,
    Seen,
    SystemStore,
    Write,
    plan_trust,
    plan_untrust,
)

PEM = b"-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n"
FINGERPRINT = "0123456789abcdef" * 4
STEM = "sluice-development-ca-0123456789abcdef"
OTHER = "sluice-development-ca-ffffffffffffffff"
FILE = DEBIAN.added / f"{STEM}.crt"
OTHER_FILE = DEBIAN.added / f"{OTHER}.crt"
GATHER = Gather(("update-ca-certificates",))


def test_trust_is_a_file_and_a_command_as_debian_documents_it() -> None:
    plan = plan_trust(PEM, FINGERPRINT, DEBIAN, Seen())

    assert plan == [Write(FILE, PEM), GATHER]
    assert list(map(str, plan)) == [
        f"write /usr/local/share/ca-certificates/{STEM}.crt",
        "run update-ca-certificates",
    ]


def test_what_is_trusted_already_needs_nothing() -> None:
    seen = Seen({FILE: PEM}, bundle=b"others\n" + PEM)

    assert plan_trust(PEM, FINGERPRINT, DEBIAN, seen) == []


def test_a_file_that_was_never_gathered_is_gathered() -> None:
    assert plan_trust(PEM, FINGERPRINT, DEBIAN, Seen({FILE: PEM}, b"others")) == [GATHER]


def test_a_file_that_somebody_changed_is_written_again() -> None:
    plan = plan_trust(PEM, FINGERPRINT, DEBIAN, Seen({FILE: b"changed"}, PEM))

    assert plan == [Write(FILE, PEM, b"changed"), GATHER]


def test_trust_ends_with_the_file_and_the_links_and_others_stay() -> None:
    link, by_hash = DEBIAN.links / f"{STEM}.pem", DEBIAN.links / "abcd.0"
    links = {link: str(FILE), by_hash: f"{STEM}.pem", DEBIAN.links / "e.0": f"{OTHER}.pem"}
    seen = Seen({FILE: PEM, OTHER_FILE: b"other"}, PEM, links)

    assert plan_untrust(FINGERPRINT, DEBIAN, seen) == [
        Remove(FILE, PEM),
        GATHER,
        RemoveLink(by_hash),
        RemoveLink(link),
    ]


def test_trust_in_all_of_ours_ends_at_once() -> None:
    seen = Seen({FILE: PEM, OTHER_FILE: b"other"}, PEM)

    assert plan_untrust(None, DEBIAN, seen) == [
        Remove(FILE, PEM),
        Remove(OTHER_FILE, b"other"),
        GATHER,
    ]


def test_where_nothing_is_trusted_nothing_is_to_be_undone() -> None:
    assert plan_untrust(FINGERPRINT, DEBIAN, Seen({OTHER_FILE: b"other"}, b"others")) == []
    assert plan_untrust(None, DEBIAN, Seen()) == []


@pytest.fixture
def store(tmp_path: Path) -> SystemStore:
    """A store in a folder, with a certificate of somebody else's."""
    for name in ("added", "links"):
        (tmp_path / name).mkdir()
    (tmp_path / "added" / "company.crt").write_bytes(b"theirs")
    return SystemStore(
        tmp_path / "added", tmp_path / "links" / "bundle", tmp_path / "links", ("gather",)
    )


def contents(store: SystemStore) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in store.added.iterdir()}


def gather(store: SystemStore, _command: Sequence[str]) -> None:
    """Do what update-ca-certificates does that matters here."""
    store.bundle.write_bytes(b"".join(contents(store).values()))
    for path in store.added.iterdir():
        link = store.links / f"{path.stem}.pem"
        if not link.is_symlink():
            link.symlink_to(path)


def test_what_is_planned_is_done_once_and_undone_without_a_trace(store: SystemStore) -> None:
    def run(command: Sequence[str]) -> None:
        gather(store, command)

    gather(store, ())
    before = sorted(store.links.iterdir()), contents(store)
    carry_out(plan_trust(PEM, FINGERPRINT, store, look(store)), run)
    assert PEM in store.bundle.read_bytes()
    assert (store.added / f"{STEM}.crt").stat().st_mode & 0o777 == 0o644
    assert plan_trust(PEM, FINGERPRINT, store, look(store)) == []

    carry_out(plan_untrust(FINGERPRINT, store, look(store)), run)
    assert (sorted(store.links.iterdir()), contents(store)) == before
    assert plan_untrust(FINGERPRINT, store, look(store)) == []


def test_to_look_and_to_plan_changes_nothing(store: SystemStore) -> None:
    plan_trust(PEM, FINGERPRINT, store, look(store))

    assert contents(store) == {"company.crt": b"theirs"}


def test_a_command_that_fails_once_leaves_all_as_it_was(store: SystemStore) -> None:
    calls: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> None:
        calls.append(command)
        if len(calls) == 1:
            raise subprocess.CalledProcessError(1, command, stderr=b"warning\nno space\n")

    with pytest.raises(CannotTrust, match="cannot run gather: no space: all is as it was"):
        carry_out(plan_trust(PEM, FINGERPRINT, store, look(store)), run)
    assert contents(store) == {"company.crt": b"theirs"}
    assert len(calls) == 2


def test_a_command_that_is_missing_leaves_the_files_as_they_were(store: SystemStore) -> None:
    (store.added / f"{STEM}.crt").write_bytes(b"before")
    plan = plan_trust(PEM, FINGERPRINT, store, look(store))

    def run(_command: Sequence[str]) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(CannotTrust, match="No such file or directory: the files are as they were"):
        carry_out(plan, run)
    assert contents(store) == {"company.crt": b"theirs", f"{STEM}.crt": b"before"}


def test_what_cannot_be_undone_is_named(store: SystemStore) -> None:
    written = store.added / f"{STEM}.crt"

    def run(_command: Sequence[str]) -> None:
        written.unlink()
        written.mkdir()
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(CannotTrust, match=rf'to undo "write .*{STEM}\.crt" failed too: '):
        carry_out(plan_trust(PEM, FINGERPRINT, store, look(store)), run)


def test_a_removed_file_comes_back_when_the_command_fails(store: SystemStore) -> None:
    (store.added / f"{STEM}.crt").write_bytes(PEM)

    def run(command: Sequence[str]) -> None:
        raise subprocess.TimeoutExpired(command, 120)

    with pytest.raises(CannotTrust, match="more than 120 s"):
        carry_out(plan_untrust(None, store, look(store)), run)
    assert contents(store)[f"{STEM}.crt"] == PEM


def test_a_file_that_cannot_be_written_is_named(store: SystemStore) -> None:
    plan = plan_trust(PEM, FINGERPRINT, store, look(store))
    (store.added / f"{STEM}.crt").mkdir()

    with pytest.raises(CannotTrust, match=rf"cannot write .*{STEM}\.crt: Is a directory"):
        carry_out(plan, lambda _command: pytest.fail("gathered"))
    assert {path.name for path in store.added.iterdir()} == {"company.crt", f"{STEM}.crt"}


def test_who_may_not_change_the_store_is_told_who_may(store: SystemStore) -> None:
    def run(_command: Sequence[str]) -> None:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(CannotTrust, match="cannot run gather: Permission denied: do it as root: "):
        carry_out(plan_trust(PEM, FINGERPRINT, store, look(store)), run)


def test_a_machine_without_such_a_store_is_told_what_to_do(tmp_path: Path) -> None:
    nowhere = SystemStore(tmp_path / "a", tmp_path / "b", tmp_path / "c", ("gather",))

    with pytest.raises(CannotTrust, match="install ca-certificates, or export the CA"):
        look(nowhere)
