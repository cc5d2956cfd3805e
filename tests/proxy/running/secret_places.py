# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where private keys may be, and where they are looked for."""

from __future__ import annotations

import base64
import re
import sqlite3
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from running.service import Running

_PEM = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.S)
_MARKS = (
    b"PRIVATE KEY",
    # How P-256 keys begin, in PKCS #8 and by themselves.
    b"MIGHAgEAMBMGByqGSM49",
    b"MHcCAQEEI",
)


def private_keys(store: Path) -> list[ec.EllipticCurvePrivateKey]:
    """Return the private keys in a store, of accounts and of certificates."""
    found = []
    for content in _contents(store):
        for pem in _PEM.findall(content):
            key = serialization.load_pem_private_key(pem.replace(b"\\n", b"\n"), None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            found.append(key)
    return found


def _contents(store: Path) -> Iterator[bytes]:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        tables = [
            row[0]
            for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            if not table.startswith("sqlite_"):
                for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                    for value in row:
                        if isinstance(value, (str, bytes)):
                            yield value.encode() if isinstance(value, str) else value
    database.close()


def writings(keys: Iterable[ec.EllipticCurvePrivateKey]) -> list[bytes]:
    """Return how keys may be written down where they must not be."""
    found = list(_MARKS)
    for key in keys:
        number = key.private_numbers().private_value
        octets = number.to_bytes(32, "big")
        found += [
            octets,
            f"{number:x}".encode(),
            str(number).encode(),
            base64.urlsafe_b64encode(octets).rstrip(b"="),
        ]
    return found


def readable(folder: Path) -> list[Path]:
    """Return the files that others may read, and in which a private key is."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and stat.S_IMODE(path.stat().st_mode) & 0o077
        and any(mark in path.read_bytes() for mark in _MARKS)
    ]


def processes(proxy: Running) -> bytes:
    """Return titles, arguments and environments of the processes of a proxy."""
    pids = [proxy.process.pid, *proxy.workers()]
    assert len(pids) > 1
    return b"\n".join(
        Path(f"/proc/{pid}/{what}").read_bytes()
        for pid in pids
        for what in ("cmdline", "comm", "environ")
    )
