# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file as the supervisor uses it: with everything that it names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from ..config.consistency import Complaint
from ..config.loading import load
from ..snapshot.snapshot import Snapshot
from ..tls.reading import with_tls_read

NOTHING = "there is nothing to listen to: name an address, like 0.0.0.0:80"

_log = logging.getLogger("sluice_proxy.config")


def read_configuration(
    path: Path, version: int, warn: Callable[[str], None] = _log.warning
) -> Snapshot:
    """Return the snapshot of a file, its certificates read and checked; raises InvalidConfig.

    A file without listeners is refused: it may be one that is just being written, and would close
    all that is listened to.
    """

    def completed(found: Snapshot) -> tuple[Snapshot, Sequence[Complaint]]:
        snapshot, wrong = with_tls_read(found, warn)
        if snapshot.listeners:
            return snapshot, wrong
        return snapshot, [*wrong, (("listen",), NOTHING)]

    return load(path, version=version, complete=completed)
