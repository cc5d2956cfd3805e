# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done so that a machine trusts an authority, or does so no more. Pure.

Debian's way: a file below /usr/local/share/ca-certificates, then update-ca-certificates, which
makes the bundle and the links by hash from all such files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

OURS = "sluice-development-ca-"
"""How the names of our files begin."""


@dataclass(frozen=True, slots=True)
class SystemStore:
    """Where the certificates are that a machine trusts, and the command that gathers them."""

    added: Path
    bundle: Path
    links: Path
    command: tuple[str, ...]


DEBIAN = SystemStore(
    added=Path("/usr/local/share/ca-certificates"),
    bundle=Path("/etc/ssl/certs/ca-certificates.crt"),
    links=Path("/etc/ssl/certs"),
    command=("update-ca-certificates",),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a store has: our files with their contents, its bundle, and where its links lead that
    lead to files called like ours, whether those are there or not."""

    files: Mapping[Path, bytes] = field(default_factory=dict)
    bundle: bytes = b""
    links: Mapping[Path, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """Put a file in place; ``before`` is what it had, None for none."""

    path: Path
    content: bytes
    before: bytes | None = None

    def __str__(self) -> str:
        return f"write {self.path}"


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a file, which had ``before``."""

    path: Path
    before: bytes

    def __str__(self) -> str:
        return f"remove {self.path}"


@dataclass(frozen=True, slots=True)
class RemoveLink:
    """Remove a link."""

    path: Path

    def __str__(self) -> str:
        return f"remove the link {self.path}"


@dataclass(frozen=True, slots=True)
class Gather:
    """Have the system make its bundle anew."""

    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"run {' '.join(self.command)}"


Step = Write | Remove | RemoveLink | Gather


def plan_trust(pem: bytes, fingerprint: str, store: SystemStore, seen: Seen) -> list[Step]:
    """Return what makes the system trust the authority ``pem``; nothing where it does.

    Authorities that were trusted before stay so: their certificates may still be in use.
    """
    # update-ca-certificates looks at no other ending.
    path = store.added / f"{_stem(fingerprint)}.crt"
    before = seen.files.get(path)
    if before == pem and pem in seen.bundle:
        return []
    written: list[Step] = [] if before == pem else [Write(path, pem, before)]
    return [*written, Gather(store.command)]


def plan_untrust(fingerprint: str | None, store: SystemStore, seen: Seen) -> list[Step]:
    """Return what ends the trust in an authority, in all of ours for None; files of others stay.

    The links go last: update-ca-certificates leaves them dangling.
    """
    stem = None if fingerprint is None else _stem(fingerprint)
    files = [path for path in sorted(seen.files) if stem in (None, path.stem)]
    links = [path for path in sorted(seen.links) if stem in (None, Path(seen.links[path]).stem)]
    gathered = [Gather(store.command)] if files else []
    return [
        *(Remove(path, seen.files[path]) for path in files),
        *gathered,
        *(RemoveLink(path) for path in links),
    ]


def _stem(fingerprint: str) -> str:
    return f"{OURS}{fingerprint[:16]}"
