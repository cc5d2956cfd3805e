# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Building the image once and finding it again."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import builder
from .errors import HarnessError
from .guests import GUESTS, Guest
from .recipe import fingerprint
from .say import say


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
    builder.check_tools()
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / f"{guest.name}.lock"):
        if rebuild or not image.directory.is_dir():
            _build(image)
    return image


def find(guest: str, directory: str) -> Image:
    """Return the image in a directory of the cache, current or not.

    Raises HarnessError when it has been removed.
    """
    image = Image(GUESTS[guest], cache_directory() / directory)
    if not image.directory.is_dir():
        raise HarnessError(f"image {directory} is gone from the cache; destroy the machine")
    return image


def outdated(guest: Guest, cache: Path) -> list[Path]:
    """Return the images of a guest in a cache, and none of a guest whose name begins alike."""
    return sorted(cache.glob(f"{guest.name}-{'[0-9a-f]' * 16}"))


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
    for leftover in cache.glob(f".{guest.name}.*"):
        shutil.rmtree(leftover)
    work = Path(tempfile.mkdtemp(prefix=f".{guest.name}.", dir=cache))
    try:
        part = Image(guest, work)
        say(f"image for {guest.name}: built once, kept in {image.directory}")
        tar = work / "root.tar"
        builder.make_keys(work)
        builder.make_root(guest, work, tar)
        builder.make_ramdisk(guest, tar, part.kernel, part.ramdisk)
        builder.make_disk(tar, part.disk)
        tar.unlink()
        for old in outdated(guest, cache):
            say(f"removing the outdated {old.name}")
            shutil.rmtree(old)
        work.chmod(0o755)
        work.rename(image.directory)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"image for {guest.name}: ready after {time.monotonic() - started:.0f} s")
