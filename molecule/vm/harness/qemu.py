# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's command line. Pure: nothing is started here.

The choices were measured under software emulation (TCG): more processors, other machine types and
`-cpu max` boot no faster.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NETWORK = "10.0.2.0/24"
KERNEL_ARGUMENTS = (
    "quiet panic=-1 mitigations=off nokaslr random.trust_cpu=on cryptomgr.notests"
    " tsc=reliable no_timer_check audit=0 selinux=0 apparmor=0"
)


@dataclass(frozen=True)
class Disks:
    """What the machine boots from, and the overlay that takes its writes."""

    kernel: Path
    ramdisk: Path
    overlay: Path


def accelerators(cpuinfo: str, kvm_device_usable: bool) -> tuple[str, ...]:
    """Return the accelerators to try, best first.

    The device alone proves nothing: it exists on machines whose processor cannot virtualise.
    """
    capable = any(
        {"vmx", "svm"} & set(line.split())
        for line in cpuinfo.splitlines()
        if line.startswith("flags")
    )
    return ("kvm", "tcg") if capable and kvm_device_usable else ("tcg",)


def command(
    name: str,
    disks: Disks,
    forwards: Mapping[int, str],
    directory: Path,
    accelerator: str,
    memory_mib: int,
) -> list[str]:
    """Return the command that starts a machine in the background.

    `forwards` maps a TCP port of this machine's loopback address to a management address whose
    port 22 it reaches; the guest can reach nothing outside. `directory` gets qemu.pid and
    console.log.
    """
    processor = {
        "kvm": ["-accel", "kvm", "-cpu", "host"],
        "tcg": ["-accel", "tcg,thread=multi,tb-size=512", "-cpu", "qemu64"],
    }[accelerator]
    network = f"user,id=net0,net={NETWORK},ipv6=off,restrict=on" + "".join(
        f",hostfwd=tcp:127.0.0.1:{port}-{address}:22" for port, address in forwards.items()
    )
    return [
        "qemu-system-x86_64",
        *("-name", f"sluice-vm-{name}"),
        *("-M", "pc", "-smp", "1", "-m", str(memory_mib)),
        *processor,
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *("-kernel", str(disks.kernel), "-initrd", str(disks.ramdisk)),
        *("-append", f"console=ttyS0 {KERNEL_ARGUMENTS}"),
        *("-drive", f"file={_escape(disks.overlay)},if=virtio,format=qcow2,cache=unsafe"),
        *("-netdev", network, "-device", "virtio-net-pci,netdev=net0"),
        *("-device", "virtio-rng-pci"),
        *("-chardev", f"file,id=console,path={_escape(directory / 'console.log')}"),
        *("-serial", "chardev:console"),
        *("-daemonize", "-pidfile", str(directory / "qemu.pid")),
    ]


def _escape(path: Path) -> str:
    """Return the path for an option list, where a comma is written twice."""
    return str(path).replace(",", ",,")
