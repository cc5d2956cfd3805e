# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a machine: boot it, wait for it, boot it again, end it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from . import access, hosttools, qemu, state
from .errors import HarnessError
from .image import Image, find
from .say import say
from .topology import MACHINE, groups, management_addresses

# Seconds until every host must answer. KVM boots in two; when it does not, TCG is tried.
BOOT_TIMEOUT = {"kvm": 30.0, "tcg": 180.0}
SHUTDOWN_TIMEOUT = 120.0
# What reboots the guest: a service manager, or else the kernel itself once the disk is written.
REBOOT = (
    "if [ -d /run/systemd/system ]; then systemctl reboot;"
    " else sync; echo b >/proc/sysrq-trigger; fi"
)
# Between choosing free ports and QEMU binding them, another process may take one.
START_ATTEMPTS = 3


def create(where: state.Place, image: Image) -> state.Running:
    """Return a machine with every host answering; one that already runs is kept.

    Raises HarnessError when it cannot be started or does not answer in time.
    """
    hosttools.require(hosttools.RUN)
    with _lock(where):
        running = state.read(where)
        if running is not None and state.process(where) == running.pid:
            if running.image != image.directory.name:
                say(
                    f"machine {where.name} still runs {running.image}, not the current "
                    f"{image.directory.name}; destroy it first to get the new one"
                )
            return running
        _clear(where)
        for accelerator in _accelerators():
            started = time.monotonic()
            running = _start(where, image, accelerator)
            if _wait(where, running.ports, BOOT_TIMEOUT[accelerator]):
                state.write(where, running)
                seconds = time.monotonic() - started
                say(f"machine {where.name}: up after {seconds:.1f} s ({accelerator})")
                return running
            console = where.console.read_text("utf-8", "replace")[-2000:]
            _clear(where)
            say(f"machine {where.name}: no answer with {accelerator}; its console said:\n{console}")
        raise HarnessError(f"machine {where.name} did not come up; its console is above")


def destroy(where: state.Place) -> bool:
    """End the machine and remove its state; return whether there was anything to remove."""
    if not where.directory.exists():
        return False
    with _lock(where):
        _clear(where)
    return True


def reboot(where: state.Place) -> state.Running:
    """Have a machine shut down and boot again on the same disk; return it with hosts answering.

    QEMU ends when the guest reboots (`-no-reboot`), and is started anew, on other ports.
    Raises HarnessError when it does not run, does not go down or does not come back.
    """
    with _lock(where):
        running = state.read(where)
        if running is None or state.process(where) != running.pid:
            raise HarnessError(f"machine {where.name} does not run")
        image = find(running.guest, running.image)
        started = time.monotonic()
        ask = ["ssh", "-F", str(where.ssh_config), MACHINE, REBOOT]
        subprocess.run(ask, capture_output=True, check=False)
        while state.process(where) == running.pid:
            if time.monotonic() - started > SHUTDOWN_TIMEOUT:
                raise HarnessError(f"machine {where.name} did not go down; see {where.console}")
            time.sleep(0.1)
        _close(where)
        down = time.monotonic()
        running = _boot(where, image, running.accelerator)
        state.write(where, running)
        if not _wait(where, running.ports, BOOT_TIMEOUT[running.accelerator]):
            raise HarnessError(f"machine {where.name} did not come back; see {where.console}")
        seconds = (down - started, time.monotonic() - down)
        say(f"machine {where.name}: down after {seconds[0]:.1f} s, up after {seconds[1]:.1f} s")
        return running


@contextmanager
def _lock(where: state.Place) -> Iterator[None]:
    where.directory.parent.mkdir(parents=True, exist_ok=True)
    with (where.directory.parent / f"{where.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _accelerators() -> tuple[str, ...]:
    cpuinfo = Path("/proc/cpuinfo").read_text("utf-8")
    return qemu.accelerators(cpuinfo, os.access("/dev/kvm", os.R_OK | os.W_OK))


def _start(where: state.Place, image: Image, accelerator: str) -> state.Running:
    """Boot a machine with a fresh disk."""
    where.directory.mkdir(parents=True, exist_ok=True)
    backing = ("-b", str(image.disk), "-F", "raw")
    _call("qemu-img", "create", "-q", "-f", "qcow2", *backing, str(where.overlay))
    shutil.copy(image.login_key, where.directory / "login_key")
    kind, key = image.host_key.read_text("ascii").split()[:2]
    known = f"{access.HOST_KEY_ALIAS} {kind} {key}\n"
    (where.directory / "known_hosts").write_text(known, "ascii")
    return _boot(where, image, accelerator)


def _boot(where: state.Place, image: Image, accelerator: str) -> state.Running:
    """Start QEMU on the disk there is, on free ports, and write down the ways in."""
    addresses = management_addresses(image.guest)
    disks = qemu.Disks(image.kernel, image.ramdisk, where.overlay)
    say(f"machine {where.name}: booting {image.guest.name} ({accelerator})")
    for attempt in range(START_ATTEMPTS):
        ports = dict(zip(addresses, _free_ports(len(addresses)), strict=True))
        forwards = {ports[host]: address for host, address in addresses.items()}
        command = qemu.command(
            where.name, disks, forwards, where.directory, accelerator, image.guest.memory_mib
        )
        try:
            _call(*command)
            break
        except HarnessError as error:
            if "host forwarding" not in str(error) or attempt == START_ATTEMPTS - 1:
                raise
    pid = state.process(where)
    if pid is None:
        raise HarnessError(f"machine {where.name} ended at once; see {where.console}")

    sockets = Path(tempfile.mkdtemp(prefix="sluice-vm-", dir="/tmp"))
    where.sockets.symlink_to(sockets)
    where.ssh_config.write_text(access.ssh_config(ports, where.directory, sockets), "utf-8")
    inventory = access.inventory(groups(image.guest), where.ssh_config)
    where.inventory.write_text(inventory, "utf-8")
    return state.Running(
        guest=image.guest.name,
        image=image.directory.name,
        pid=pid,
        accelerator=accelerator,
        ports=ports,
        sockets=str(sockets),
    )


def _free_ports(count: int) -> list[int]:
    """Return TCP ports of the loopback address that nobody listens on right now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _port in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait(where: state.Place, ports: Mapping[str, int], timeout: float) -> bool:
    """Return whether every host sent its ssh banner within `timeout` seconds.

    QEMU accepts a connection long before the guest can: only the banner proves a host.
    """
    deadline = time.monotonic() + timeout
    for port in ports.values():
        while not _has_banner(port):
            if time.monotonic() > deadline or state.process(where) is None:
                return False
            time.sleep(0.1)
    return True


def _has_banner(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _clear(where: state.Place) -> None:
    """End the process, if it is there, and remove every trace."""
    pid = state.process(where)
    if pid is not None:
        _end(where, pid)
    _close(where)
    shutil.rmtree(where.directory, ignore_errors=True)


def _close(where: state.Place) -> None:
    """End the shared connections: their master processes would outlive the machine."""
    if not where.sockets.is_symlink():
        return
    sockets = where.sockets.readlink()
    for control in sockets.glob("*") if sockets.is_dir() else ():
        command = ["ssh", "-F", str(where.ssh_config), "-O", "exit", control.name]
        subprocess.run(command, capture_output=True, check=False)
    shutil.rmtree(sockets, ignore_errors=True)
    where.sockets.unlink()


def _end(where: state.Place, pid: int) -> None:
    """Return once the process is gone, by force after five seconds."""
    deadline = time.monotonic() + 5
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        while state.process(where) == pid:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HarnessError(f"{command[0]} failed: {' '.join(done.stderr.split())}")
