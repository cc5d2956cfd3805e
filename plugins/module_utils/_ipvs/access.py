# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Getting at IPVS: the capability, the kernel module, the netlink family."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import Iterator, List, Sequence

from .._converge.errors import Unavailable
from .._kernel.genetlink import GenericNetlink
from .._kernel.modules import load_module
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .driver import Transport, answering
from .presence import ipvs_is_loaded
from .wire.attributes import FAMILY_NAME

MODULE = "ip_vs"
LOCK = "ipvs"
"""The kind of lock (_kernel/lock.py) that everything holds that writes to IPVS."""


class UnloadedIpvs:
    """Stands for IPVS in check mode while its module could be loaded but is not: all is empty."""

    def batch(self, requests: Sequence[bytes]) -> List[int]:
        raise Unavailable("IPVS is not loaded, and check mode does not load it")

    def dump(self, request: bytes) -> List[bytes]:
        return []

    def get(self, request: bytes) -> bytes:
        raise Unavailable("IPVS is not loaded, and check mode does not load it")


@contextmanager
def open_ipvs(check: bool) -> Iterator[Transport]:
    """Yield a transport to the IPVS of the current network namespace.

    A missing IPVS is loaded with modprobe, in check mode only looked for. Raises Unavailable with
    what is missing and what to do.
    """
    require_capability(CAP_NET_ADMIN, "IPVS")
    with answering(), ExitStack() as stack:
        yield _connect(check, stack)


def _connect(check: bool, stack: ExitStack) -> Transport:
    if not ipvs_is_loaded():
        reason = load_module(MODULE, dry_run=check)
        if reason is not None:
            raise _missing(reason)
        if check:
            # Opening the family would have the kernel load the module.
            return UnloadedIpvs()
    try:
        return stack.enter_context(GenericNetlink(FAMILY_NAME))
    except FileNotFoundError:
        raise _missing("the module is loaded, but offers no netlink family") from None


def _missing(reason: str) -> Unavailable:
    return Unavailable(
        "this kernel offers no IPVS (module %s, CONFIG_IP_VS): %s; install the distribution's full "
        "kernel or modules package, or, in a container, run 'modprobe %s' on its host"
        % (MODULE, reason, MODULE)
    )
