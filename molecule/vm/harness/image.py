# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building the image once and finding it again."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import hosttools, initramfs
from .errors import HarnessError
from .guests import Guest
from .recipe import RECIPE, fingerprint, read_list
from .say import say

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DISK_SIZE = "2G"  # sparse: room for what tests write, not what the image takes
# Nobody reads these in a guest that lives for minutes.
LEFT_OUT = ("doc", "man", "info", "locale", "lintian", "bug")


@dataclass(frozen=True)
class Image:
    """A finished image: a directory in the cache."""

    guest: Guest
    directory: Path

    @property
    def disk(self) -> Path:
        """The raw ext4 root file system; never written to, only overlaid."""
        return self.directory / "root.img"

    @property
    def kernel(self) -> Path:
        """The compressed kernel."""
        return self.directory / "vmlinuz"

    @property
    def ramdisk(self) -> Path:
        """The initial ramdisk."""
        return self.directory / "initrd"

    @property
    def login_key(self) -> Path:
        """The private key that root's authorized_keys has in every host."""
        return self.directory / "login_key"

    @property
    def host_key(self) -> Path:
        """The public host key of every sshd."""
        return self.directory / "host_key.pub"


def cache_directory() -> Path:
    """Return where images are kept: outside of the checkout, shared by all checkouts."""
    given = os.environ.get("SLUICE_CACHE")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice-edge"


def ensure(guest: Guest, *, rebuild: bool = False) -> Image:
    """Return the image for `guest`, building it when the cache has none for this recipe.

    Raises HarnessError when a tool is missing or a step of the build fails.
    """
    cache = cache_directory()
    image = Image(guest, cache / f"{guest.name}-{fingerprint(guest)}")
    if image.directory.is_dir() and not rebuild:
        return image
    hosttools.require(hosttools.BUILD)
    if os.geteuid() != 0:
        hosttools.require(hosttools.BUILD_UNPRIVILEGED)
    if not KEYRING.exists():
        raise HarnessError(f"{KEYRING} is missing; run: sudo apt-get install debian-archive-keyring")
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / f"{guest.name}.lock"):
        if rebuild or not image.directory.is_dir():
            _build(image)
    return image


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Let one builder at a time in; a second one waits and then finds the image."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another process builds this image; waiting ({path})")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(image: Image) -> None:
    started = time.monotonic()
    cache, guest = image.directory.parent, image.guest
    # A builder that was killed leaves its directory; nobody else builds while we hold the lock.
    for leftover in cache.glob(f".{guest.name}-*"):
        shutil.rmtree(leftover)
    work = Path(tempfile.mkdtemp(prefix=f".{guest.name}-", dir=cache))
    try:
        part = Image(guest, work)
        say(f"image for {guest.name}: built once, kept in {image.directory}")
        _make_keys(work)
        tar = _make_root(part)
        _make_ramdisk(part, tar)
        _make_disk(part, tar)
        tar.unlink()
        for old in cache.glob(f"{guest.name}-*"):
            say(f"removing the outdated {old.name}")
            shutil.rmtree(old)
        work.chmod(0o755)
        work.rename(image.directory)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"image for {guest.name}: ready after {time.monotonic() - started:.0f} s")


def _make_keys(work: Path) -> None:
    for name in ("host_key", "login_key"):
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "sluice-vm", "-f", str(work / name))


def _make_root(image: Image) -> Path:
    """Run mmdebstrap; return the tar archive of the finished root."""
    packages = read_list(RECIPE / "packages")
    mirror = os.environ.get("SLUICE_DEBIAN_MIRROR", "http://deb.debian.org")
    suite = image.guest.suite
    say(f"installing {len(packages)} packages and what they need from Debian {suite} ({mirror})")
    tar = image.directory / "root.tar"
    hook, *rest = RECIPE / "customize", RECIPE, image.directory, image.guest.kernel
    hook, arguments = shlex.quote(str(hook)), shlex.join(map(str, rest))
    signed = f"deb [signed-by={KEYRING}]"
    _run(
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        *(f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT),
        f'--customize-hook={hook} "$1" {arguments}',
        suite,
        str(tar),
        f"{signed} {mirror}/debian {suite} main",
        f"{signed} {mirror}/debian {suite}-updates main",
        f"{signed} {mirror}/debian-security {suite}-security main",
    )
    return tar


def _make_ramdisk(image: Image, tar: Path) -> None:
    with tarfile.open(tar) as archive:
        names = archive.getnames()
        [dependencies] = [n for n in names if n.endswith("/modules.dep")]
        modules = dependencies.removesuffix("modules.dep")

        def read(path: str) -> bytes:
            file = archive.extractfile(path)
            if file is None:
                raise HarnessError(f"{path} in the guest's root is not a file; report this")
            return file.read()

        kernel = Path(modules).name
        say(f"kernel {kernel}: making the initial ramdisk")
        image.kernel.write_bytes(read("./boot/vmlinuz"))
        busybox = Path(hosttools.find("busybox") or "busybox")
        try:
            ramdisk = initramfs.build(
                RECIPE / "initramfs-init",
                busybox,
                read_list(RECIPE / "boot-modules"),
                lambda path: read(modules + path),
            )
        except KeyError as error:
            raise HarnessError(f"kernel {kernel} has no module {error}; see recipe/boot-modules")
        image.ramdisk.write_bytes(ramdisk)


def _make_disk(image: Image, tar: Path) -> None:
    say("making the root file system")
    root = image.directory / "root"
    root.mkdir()
    script = (
        'tar -xf "$1" -C "$2" --exclude=./boot --exclude="./dev/*" --numeric-owner && mkdir -p "$2/dev"'
        ' && mke2fs -q -t ext4 -O ^has_journal -m 0 -L root -d "$2" "$3" "$4" && rm -r "$2"'
    )
    as_root = [] if os.geteuid() == 0 else ["fakeroot"]
    arguments = [str(tar), str(root), str(image.disk), DISK_SIZE]
    _run(*as_root, "sh", "-c", script, "sh", *arguments)


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
