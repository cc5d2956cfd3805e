# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from harness.qemu import Disks, accelerators, command

DISKS = Disks(Path("/c/vmlinuz"), Path("/c/initrd"), Path("/b/a,b/overlay.qcow2"))


def line(accelerator: str = "tcg") -> list[str]:
    forwards = {4001: "10.0.2.20", 4002: "10.0.2.21"}
    return command("default", DISKS, forwards, Path("/b/a,b"), accelerator, 768)


def value(option: str, arguments: list[str]) -> str:
    return arguments[arguments.index(option) + 1]


@pytest.mark.parametrize(
    ("cpuinfo", "device", "expected"),
    [
        ("flags\t\t: fpu vmx sse\n", True, ("kvm", "tcg")),
        ("flags\t\t: fpu svm sse\n", True, ("kvm", "tcg")),
        ("flags\t\t: fpu vmx sse\n", False, ("tcg",)),
        ("flags\t\t: fpu sse\n", True, ("tcg",)),
        ("model name\t: a vmx box\nflags\t\t: vmxnet\n", True, ("tcg",)),
    ],
)
def test_kvm_is_tried_only_with_a_capable_processor_and_a_usable_device(
    cpuinfo: str, device: bool, expected: tuple[str, ...]
) -> None:
    assert accelerators(cpuinfo, device) == expected


def test_every_host_is_reachable_from_the_loopback_address_only() -> None:
    network = value("-netdev", line()).split(",")
    assert "hostfwd=tcp:127.0.0.1:4001-10.0.2.20:22" in network
    assert "hostfwd=tcp:127.0.0.1:4002-10.0.2.21:22" in network
    assert sum(option.startswith("hostfwd=") for option in network) == 2


def test_the_guest_reaches_nothing_outside() -> None:
    assert "restrict=on" in value("-netdev", line()).split(",")


def test_a_comma_in_a_path_is_doubled() -> None:
    assert value("-drive", line()).startswith("file=/b/a,,b/overlay.qcow2,")


def test_the_machine_runs_in_the_background_with_its_pid_recorded() -> None:
    assert "-daemonize" in line()
    assert value("-pidfile", line()) == "/b/a,b/qemu.pid"


def test_the_processor_follows_the_accelerator() -> None:
    assert value("-cpu", line("kvm")) == "host"
    assert value("-cpu", line("tcg")) == "qemu64"
