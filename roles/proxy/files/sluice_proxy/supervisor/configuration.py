# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file as the supervisor uses it: with everything that it names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from ..admin.tokens import BadTokens, TokensFile
from ..config.consistency import Complaint
from ..config.files import WholePaths
from ..config.issuing_consistency import issuing_warnings
from ..config.loading import Base, load_base
from ..resources.opening import open_edition
from ..snapshot.admin import Admin
from ..snapshot.snapshot import Snapshot
from ..store.failures import StoreTooNew
from ..tls.reading import with_tls_read
from .kept import known_at

NOTHING = "there is nothing to listen to: name an address, like 0.0.0.0:80"

_log = logging.getLogger("sluice_proxy.config")


def read_configuration(
    path: Path, version: int, warn: Callable[[str], None] = _log.warning
) -> Base:
    """Return what a file says, its certificates read and checked; raises InvalidConfig.

    Where some may be declared it need not have any itself. A file without listeners is refused: it
    may be one that is just being written, and would close all that is listened to.
    """

    def completed(found: Snapshot) -> tuple[Snapshot, Sequence[Complaint]]:
        for warning in issuing_warnings(found.listeners, found.issuing):
            warn(warning)
        may_come = found.store is not None or found.admin is not None
        snapshot, wrong = with_tls_read(found, warn, certificates_may_come=may_come)
        if snapshot.listeners:
            return snapshot, wrong
        return snapshot, [*wrong, (("listen",), NOTHING)]

    return load_base(path, version=version, complete=completed)


def check_succession(base: Base) -> list[str]:
    """Return why a program like this one could not take over from one that runs, or nothing.

    Looks into the store and the file of tokens, and changes nothing.
    """
    return [*_of_tokens(base.snapshot.admin), *_of_store(base, base.snapshot.store)]


def _of_tokens(admin: Admin | None) -> list[str]:
    if admin is None or admin.tokens_file is None:
        return []
    try:
        TokensFile(admin.tokens_file).read()
    except BadTokens as error:
        return [f"tokens_file of admin: {error}"]
    return []


def _of_store(base: Base, path: str | None) -> list[str]:
    if path is None:
        return []
    try:
        known = known_at(path)
    except StoreTooNew as error:
        return [str(error)]
    edition = open_edition(base, known.contents, WholePaths())
    lost = [out.problem for of_kind in edition.left_out.values() for out in of_kind.values()]
    return [f"{problem} (it would be left out: withdraw it, or put it right)" for problem in lost]
