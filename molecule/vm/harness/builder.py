# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps that turn the recipe into an image's files. A change here builds images anew."""

from __future__ import annotations

import os
import shlex
import subprocess
import tarfile
from pathlib import Path

from . import hosttools, initramfs, recipe
from .errors import HarnessError
from .guests import Guest
from .say import say

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DISK_SIZE = "2G"  # sparse: room for what tests write, not what the image takes
# Nobody reads these in a guest that lives for minutes.
LEFT_OUT = ("doc", "man", "info", "locale", "lintian", "bug")


def check_tools() -> None:
    """Raise HarnessError when this machine cannot build an image."""
    hosttools.require(hosttools.BUILD)
    if os.geteuid() != 0:
        hosttools.require(hosttools.BUILD_UNPRIVILEGED)
    if not KEYRING.exists():
        package = "debian-archive-keyring"
        raise HarnessError(f"{KEYRING} is missing; run: sudo apt-get install {package}")


def make_keys(directory: Path) -> None:
    """Put a new host key and a new login key into `directory`."""
    for name in ("host_key", "login_key"):
        options = ("-q", "-t", "ed25519", "-N", "", "-C", "sluice-vm")
        _run("ssh-keygen", *options, "-f", str(directory / name))


def make_root(guest: Guest, keys: Path, tar: Path) -> None:
    """Write the guest's whole root to the archive `tar`, with the keys of the directory `keys`."""
    packages = recipe.packages(guest)
    mirror = os.environ.get("SLUICE_DEBIAN_MIRROR", "http://deb.debian.org")
    suite = guest.suite
    say(f"installing {len(packages)} packages and what they need from Debian {suite} ({mirror})")
    signed = f"deb [signed-by={KEYRING}]"
    _run(
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT),
        *(f"--customize-hook={hook}" for hook in _hooks(keys, guest)),
        suite,
        str(tar),
        f"{signed} {mirror}/debian {suite} main",
        f"{signed} {mirror}/debian {suite}-updates main",
        f"{signed} {mirror}/debian-security {suite}-security main",
    )


def _hooks(keys: Path, guest: Guest) -> list[str]:
    """Return the hooks that run the recipes' `customize` inside the new root.

    The files go in through mmdebstrap's own hooks: its other hooks run, for an ordinary user, as
    a user that cannot read the checkout or the private key.
    """
    inside = "/var/tmp/image"
    uploads = [("sync-in", folder, inside) for folder in recipe.folders(guest)]
    uploads += [
        ("upload", keys / name, f"{inside}/{name}") for name in ("host_key", "login_key.pub")
    ]
    return [
        f'mkdir "$1{inside}"',
        *(shlex.join(map(str, upload)) for upload in uploads),
        f'sh "$1{inside}/customize" "$1" {guest.kernel}',
    ]


def make_ramdisk(guest: Guest, tar: Path, kernel: Path, ramdisk: Path) -> None:
    """Write the kernel of the root in `tar`, and a ramdisk for it, to the paths given."""
    with tarfile.open(tar) as archive:
        names = archive.getnames()
        [dependencies] = [n for n in names if n.endswith("/modules.dep")]
        modules = dependencies.removesuffix("modules.dep")

        def read(path: str) -> bytes:
            file = archive.extractfile(path)
            if file is None:
                raise HarnessError(f"{path} in the guest's root is not a file; report this")
            return file.read()

        release = Path(modules).name
        say(f"kernel {release}: making the initial ramdisk")
        kernel.write_bytes(read("./boot/vmlinuz"))
        busybox = Path(hosttools.find("busybox") or "busybox")
        try:
            content = initramfs.build(
                recipe.find(guest, "initramfs-init"),
                busybox,
                recipe.read_list(recipe.find(guest, "boot-modules")),
                lambda path: read(modules + path),
            )
        except KeyError as error:
            raise HarnessError(
                f"kernel {release} has no module {error}; see recipe/boot-modules"
            ) from error
        ramdisk.write_bytes(content)


def make_disk(tar: Path, disk: Path) -> None:
    """Write the root in `tar`, owners and modes included, to `disk` as a raw ext4 file system."""
    say("making the root file system")
    root = disk.with_suffix(".tree")
    root.mkdir()
    # One script, so that fakeroot can stand in for root over both programs.
    script = """
        set -e
        tar -xf "$1" -C "$2" --numeric-owner --exclude=./boot --exclude='./dev/*'
        mkdir -p "$2/dev"
        mke2fs -q -t ext4 -O ^has_journal -m 0 -L root -d "$2" "$3" "$4"
        rm -r "$2"
    """
    as_root = [] if os.geteuid() == 0 else ["fakeroot"]
    _run(*as_root, "sh", "-c", script, "sh", str(tar), str(root), str(disk), DISK_SIZE)


def _run(*command: str) -> None:
    """Run a build step, showing its output only when it fails."""
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        say(done.stdout.rstrip())
        raise HarnessError(f"{command[0]} failed with exit status {done.returncode}; see above")
