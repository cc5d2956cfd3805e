# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration file as the supervisor uses it: with everything that it names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from ..config.loading import load
from ..snapshot.snapshot import Snapshot
from ..tls.reading import with_tls_read

_log = logging.getLogger("sluice_proxy.config")


def read_configuration(
    path: Path, version: int, warn: Callable[[str], None] = _log.warning
) -> Snapshot:
    """Return the snapshot of a file, its certificates read and checked; raises InvalidConfig."""
    return load(path, version=version, complete=lambda found: with_tls_read(found, warn))
