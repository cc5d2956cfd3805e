# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder of an authority: made once, the key for its owner alone."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509

from .authority import (
    Authority,
    AuthorityPem,
    BadAuthority,
    read_authority,
    read_authority_certificate,
)

CERTIFICATE = "ca.pem"
KEY = "ca-key.pem"
KEY_MODE = 0o600
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY)
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def load_or_make(folder: Path, make: Callable[[], AuthorityPem]) -> Authority:
    """Return the authority of a folder, which is made where it is missing.

    Both files come to be at once: whoever else makes the same folder at that moment gets this
    authority or we theirs, and a crash leaves none. Raises BadAuthority for one that is there and
    cannot be used: clients trust it already, so it is never replaced.
    """
    if not is_there(folder):
        try:
            _put(folder, make())
        except OSError as error:
            raise BadAuthority(
                f"no CA can be made at {folder}: {error.strerror}: check its owner and the disk"
            ) from None
    return load(folder)


def load(folder: Path, *, certificate: str = CERTIFICATE, key: str = KEY) -> Authority:
    """Return the authority of a folder; raises BadAuthority that names it."""
    with _explained(folder):
        return read_authority(
            AuthorityPem((folder / certificate).read_bytes(), _read_key(folder / key))
        )


def load_certificate(folder: Path) -> x509.Certificate:
    """Return the certificate alone, which is all that exporting and trusting it need; raises
    BadAuthority that names the folder."""
    with _explained(folder):
        return read_authority_certificate((folder / CERTIFICATE).read_bytes())


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # Half of one is a case for a person: the other half may be in a backup.
        raise BadAuthority(
            f"{error.filename} cannot be read: {error.strerror}: put it back, or check its owner"
        ) from None
    except BadAuthority as bad:
        raise BadAuthority(f"{folder}: {bad}") from None


def _read_key(path: Path) -> bytes:
    """Return the content of a key's file; raises OSError, and BadAuthority when others may read
    it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    with open(descriptor, "rb") as file:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & _OPEN_TO_OTHERS:
            raise BadAuthority(
                f"{path.name} is open to other users: chmod {KEY_MODE:o} it, or have a new CA made"
                " if somebody may have read it"
            )
        return file.read()


def is_there(folder: Path) -> bool:
    """Return whether a folder has anything; raises BadAuthority."""
    try:
        return any(folder.iterdir())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BadAuthority(f"{folder} cannot be read: {error.strerror}") from None


def _put(folder: Path, pem: AuthorityPem) -> None:
    """Make the folder with both files; one that another made in the meantime stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Only its owner may enter it, which mkdtemp sees to.
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(beside / KEY, pem.key, KEY_MODE)
        _write(beside / CERTIFICATE, pem.certificate, 0o644)
        _sync(beside)
        try:
            # A folder takes the place of an empty one only.
            os.rename(beside, folder)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
        _sync(folder.parent)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
