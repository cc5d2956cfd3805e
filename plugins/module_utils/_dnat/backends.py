# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backend holds the profiles of a host."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from .._converge.errors import InvalidInput
from .._kernel.nfnetlink import Nfnetlink
from .nftables.backend import NftablesBackend
from .nftables.wire.messages import SUBSYSTEM
from .ports import Backend

NFTABLES = "nftables"
BACKENDS = (NFTABLES,)


@contextmanager
def open_backend(name: str) -> Iterator[Backend]:
    """Open a backend in the network namespace the process is in.

    Raises InvalidInput for a name that is none, and Unavailable when the host lacks it.
    """
    if name != NFTABLES:
        raise InvalidInput("backend %s is unknown: use one of %s" % (name, ", ".join(BACKENDS)))
    with Nfnetlink(SUBSYSTEM) as netfilter:
        yield NftablesBackend(netfilter)
