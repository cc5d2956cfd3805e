# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host may lack or refuse: each is one line that says what to do."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Optional

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    InvalidInput,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel import lock, modules, netns
from ansible_collections.sluice.edge.plugins.module_utils._kernel.preflight import (
    CAP_NET_ADMIN,
    require_capability,
    require_library,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.sysctl import Sysctls


def status(folder: Path, effective: str) -> str:
    path = folder / "status"
    path.write_text("Name:\tpython3\nCapPrm:\tffffffff\nCapEff:\t%s\n" % effective)
    return str(path)


def test_a_process_with_the_capability_passes(tmp_path: Path) -> None:
    require_capability(CAP_NET_ADMIN, "IPVS", status(tmp_path, "0000000000001000"))


@pytest.mark.parametrize("effective", ["0000000000000000", "ffffffffffffefff"])
def test_a_process_without_it_is_told_how_to_get_it(tmp_path: Path, effective: str) -> None:
    expected = r"\AIPVS needs CAP_NET_ADMIN: .*become: true.*--cap-add=NET_ADMIN\Z"
    with pytest.raises(Unavailable, match=expected):
        require_capability(CAP_NET_ADMIN, "IPVS", status(tmp_path, effective))


def test_a_missing_library_is_named_with_the_ways_to_install_it() -> None:
    expected = r"no_such_library .*'apt-get install python3-nsl' or 'pip install nsl'\Z"
    with pytest.raises(Unavailable, match=expected):
        require_library("no_such_library", "python3-nsl", "nsl")


def test_a_library_that_is_there_is_returned() -> None:
    assert require_library("json", "python3", "json").loads("1") == 1


def test_a_lock_that_another_process_keeps_is_given_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LOCK_TIMEOUT", 0.1)
    with open(tmp_path / "toy.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Unavailable, match=r"another process has held .*toy\.lock"):
            lock.exclusive("toy", str(tmp_path)).__enter__()
    with lock.exclusive("toy", str(tmp_path)):
        pass


def test_a_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    def fail() -> None:
        with lock.exclusive("toy", str(tmp_path)):
            raise LookupError

    for _attempt in range(2):
        with pytest.raises(LookupError):
            fail()


def test_only_who_writes_takes_the_lock_of_a_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: List[str] = []

    @contextmanager
    def exclusive(kind: str) -> Iterator[None]:
        taken.append(kind)
        yield
        taken.append("no more " + kind)

    monkeypatch.setattr(lock, "exclusive", exclusive)
    with lock.sole_writer("toy", check=True):
        assert taken == []
    with lock.sole_writer("toy", check=False):
        assert taken == ["toy"]
    assert taken == ["toy", "no more toy"]


def test_a_lock_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"cannot make the lock .*become: true"):
        lock.exclusive("toy", str(tmp_path / "file")).__enter__()


def test_parameters_are_read_and_written_by_dotted_and_slashed_names(tmp_path: Path) -> None:
    (tmp_path / "net/ipv4/conf/eth0.100").mkdir(parents=True)
    (tmp_path / "net/ipv4/conf/eth0.100/rp_filter").write_text("2\n")
    (tmp_path / "net/ipv4/ip_forward").write_text("0\n")
    sysctls = Sysctls(str(tmp_path))
    assert sysctls.read("net/ipv4/conf/eth0.100/rp_filter") == "2"
    sysctls.write("net.ipv4.ip_forward", "1")
    assert sysctls.read("net.ipv4.ip_forward") == "1"
    assert sysctls.read("net.ipv4.vs.conntrack") is None
    with pytest.raises(Unavailable, match=r"cannot set sysctl net\.ipv4\.nothing\.here to 1: "):
        sysctls.write("net.ipv4.nothing.here", "1")


def fake_modprobe(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "modprobe"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda *_name, **_path: str(program))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 0", None),
        ("echo first >&2; echo 'FATAL: Module toy not found' >&2; exit 1", "FATAL: Module toy n"),
        ("exit 3", "modprobe ended with status 3"),
    ],
)
def test_loading_a_module_gives_modprobes_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: Optional[str]
) -> None:
    fake_modprobe(tmp_path, script, monkeypatch)
    found = modules.load_module("toy")
    assert found is reason or (reason and found and found.startswith(reason))


def test_a_dry_run_only_asks_modprobe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_modprobe(tmp_path, 'test "$1 $2" = "--dry-run toy"', monkeypatch)
    assert modules.load_module("toy", dry_run=True) is None
    assert modules.load_module("toy") == "modprobe ended with status 1"


def test_a_modprobe_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_modprobe(tmp_path, "exec sleep 60", monkeypatch)
    monkeypatch.setattr(modules, "MODPROBE_TIMEOUT", 0.1)
    assert "timed out" in str(modules.load_module("toy"))


def test_a_host_without_modprobe_is_told_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda *_name, **_path: None)
    assert modules.load_module("toy") == "there is no modprobe command (package kmod)"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "/proc/1/ns/net"])
def test_what_cannot_be_the_name_of_a_namespace_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="is not the name of a network namespace"):
        netns.network_namespace(name).__enter__()


def test_a_namespace_that_is_not_there_comes_with_the_command_that_makes_it() -> None:
    expected = r"'no-such' does not exist: make it with 'ip netns add no-such'\Z"
    with pytest.raises(Unavailable, match=expected):
        netns.network_namespace("no-such").__enter__()


def test_a_file_that_is_no_namespace_is_refused_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blue").write_text("")
    monkeypatch.setattr(netns, "NETNS_DIRECTORY", str(tmp_path))
    with pytest.raises(Unavailable, match="'blue' cannot be entered: "):
        netns.network_namespace("blue").__enter__()
