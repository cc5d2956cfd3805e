# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``token`` and ``ca``."""

from __future__ import annotations

import hashlib
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running.scripted_api import ScriptedApi, Told
from sluice_proxy.cli.command import main
from sluice_proxy.issuing import trust_plan
from sluice_proxy.issuing.authority import new_authority
from sluice_proxy.issuing.authority_folder import load_or_make
from sluice_proxy.issuing.trust_plan import SystemStore


def test_a_token_comes_with_the_line_that_lets_it_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "ci"]) == 0

    first, second = capsys.readouterr().out.splitlines()
    token, line = first.removeprefix("token: "), second.removeprefix("line:  ")
    assert len(token) >= 43
    assert line == f"ci sha256:{hashlib.sha256(token.encode()).hexdigest()}"


def test_no_two_tokens_are_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for _turn in range(2):
        assert main(["token", "ci", "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))

    assert set(told[0]) == {"name", "token", "line"}
    assert told[0]["token"] != told[1]["token"]


@pytest.mark.parametrize("name", ["", "two words", "#comment", "a\nb", "x" * 101, "ä"])
def test_a_name_that_a_line_cannot_have_is_bad_usage(name: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["token", "--", name])
    assert ended.value.code == 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a CA."""
    made = tmp_path / "ca"
    load_or_make(made, lambda: new_authority(datetime.now(UTC), host="here"))
    return made


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemStore:
    """The store of a machine, whose command gathers what was added."""
    command = tmp_path / "gather"
    store = SystemStore(
        tmp_path / "added", tmp_path / "bundle.crt", tmp_path / "links", (str(command),)
    )
    store.added.mkdir()
    command.write_text(f"#!/bin/sh\ncat {store.added}/*.crt > {store.bundle} 2>/dev/null; true\n")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(trust_plan, "DEBIAN", store)
    return store


def test_the_ca_is_exported_from_the_proxy_and_from_its_folder(
    folder: Path, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = (folder / "ca.pem").read_text()
    api.answering = lambda asked: Told(pem.encode())

    assert main(["ca", "export"]) == 0
    assert capsys.readouterr().out == pem
    assert [asked.target for asked in api.asked] == ["/v1/local-ca"]
    assert main(["ca", "export", "--folder", str(folder)]) == 0
    assert capsys.readouterr().out == pem
    assert main(["ca", "export", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pem"] == pem
    assert len(told["fingerprint"]) == 64


def test_a_machine_trusts_the_ca_and_then_no_more(
    folder: Path, machine: SystemStore, capsys: pytest.CaptureFixture[str]
) -> None:
    pem = (folder / "ca.pem").read_text()
    of = ["--folder", str(folder)]

    assert main(["ca", "trust", *of, "--dry-run"]) == 0
    assert "would write" in capsys.readouterr().out
    assert list(machine.added.iterdir()) == []
    assert main(["ca", "trust", *of]) == 0
    assert pem in machine.bundle.read_text()
    capsys.readouterr()
    assert main(["ca", "trust", *of]) == 0
    assert capsys.readouterr().out == "nothing changed: the machine trusts it already\n"
    assert main(["ca", "untrust", *of, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["changed"] is True
    assert told["steps"][0].startswith("remove ")
    assert machine.bundle.read_text() == ""
    assert main(["ca", "untrust", *of, "--dry-run"]) == 0
    assert "nothing would change" in capsys.readouterr().out


def test_trust_in_all_of_ours_ends_without_any_of_them(folder: Path, machine: SystemStore) -> None:
    assert main(["ca", "trust", "--folder", str(folder)]) == 0
    other = machine.added / "other.crt"
    other.write_text("other")

    assert main(["ca", "untrust", "--all"]) == 0
    assert list(machine.added.iterdir()) == [other]


@pytest.mark.parametrize("place", [["--folder", "/a"], ["--socket", "/a"], ["--url", "https://a"]])
def test_one_of_them_and_all_do_not_go_together(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ca", "untrust", "--all", *place]) == 2
    assert "--all is for every CA: leave " in capsys.readouterr().err
    assert main(["ca", "export", "--folder", "/a", "--socket", "/b"]) == 2
    assert "name one" in capsys.readouterr().err


def test_what_cannot_be_trusted_is_told_in_a_line(
    folder: Path,
    api: ScriptedApi,
    machine: SystemStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["ca", "export", "--folder", str(tmp_path / "none")]) == 1
    api.answering = lambda asked: Told(b"nonsense")
    assert main(["ca", "trust"]) == 1
    api.answering = lambda asked: Told({"detail": "there is no local CA"}, 404)
    assert main(["ca", "trust"]) == 4
    machine.added.rmdir()
    assert main(["ca", "trust", "--folder", str(folder)]) == 1
    machine.added.mkdir()
    Path(machine.command[0]).write_text("#!/bin/sh\necho no such luck >&2\nexit 3\n")
    assert main(["ca", "trust", "--folder", str(folder)]) == 1

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 5
    assert "cannot be read: No such file" in lines[0]
    assert "there is no PEM certificate" in lines[1]
    assert "there is no local CA" in lines[2]
    assert "install ca-certificates" in lines[3]
    assert "no such luck" in lines[4]
