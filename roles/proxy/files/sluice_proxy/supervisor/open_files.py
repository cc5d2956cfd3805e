# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many files the proxy may have open: every connection is one, and one more to its target."""

from __future__ import annotations

import resource

from ..snapshot.limits import Limits

_BESIDE = 256
"""Descriptors of a process that are no connections."""


def raise_open_files(limits: Limits, workers: int) -> str | None:
    """Let this process, and those that it starts, open all that they may.

    Return what to do when that may not be enough, else None.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wanted = 2 * -(-limits.connections // workers) + _BESIDE
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        return None
    return (
        f"a worker may open {hard} files, but may need {wanted}: set LimitNOFILE={wanted}, or"
        f" lower limits.connections"
    )
