# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kernels a contract holds for: a fake one, and the real one of a test machine.

A real kernel is used in a network namespace made for one test. It needs root.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from contextlib import contextmanager, nullcontext
from typing import Any, Callable, Dict, Iterator

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._ipvs import servers, services
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.access import open_ipvs
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver, Transport
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import SCHEDULERS, Table
from ansible_collections.sluice.edge.tests.contract.ipvs_requests import service
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 0x1

Entry = Callable[[Dict[str, Any], bool, bool], Dict[str, Any]]
ENTRIES: Dict[str, Entry] = {
    "services": services.converge_services,
    "servers": servers.converge_servers,
}
"""What a module calls with its parameters, whether only to check, and whether to diff."""


class IpvsUnderTest:
    """A kernel's IPVS: a transport to it, and the entry points that work on it.

    ``schedulers`` are those the kernel has: which ones is up to how it was built.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.schedulers = tuple(name for name in SCHEDULERS if self._has_scheduler(name))

    def _has_scheduler(self, name: str) -> bool:
        made, _removed = self.transport.batch([service(1, scheduler=name), service(3)])
        return made == 0

    def read(self) -> Table:
        """Return every service and server there is."""
        return IpvsDriver(self.transport).read()

    def run(
        self, entry: str, params: Dict[str, Any], check: bool = False, with_diff: bool = False
    ) -> Dict[str, Any]:
        """Return the result of a module whose entry point is ``entry``."""
        return ENTRIES[entry](params, check, with_diff)


@contextmanager
def fake_ipvs(monkeypatch: pytest.MonkeyPatch, fake: FakeIpvs) -> Iterator[IpvsUnderTest]:
    """Yield a fake kernel's IPVS; the entry points work on it meanwhile."""
    for module in (services, servers):
        monkeypatch.setattr(module, "open_ipvs", lambda check: nullcontext(fake))
        monkeypatch.setattr(module, "sole_writer", lambda kind, check: nullcontext())
    yield IpvsUnderTest(fake)


@contextmanager
def real_ipvs() -> Iterator[IpvsUnderTest]:
    """Yield the real IPVS of a network namespace that nobody else is in."""
    with _own_network(), open_ipvs(check=False) as transport:
        yield IpvsUnderTest(transport)


@contextmanager
def _own_network() -> Iterator[None]:
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.unshare(_CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "cannot make a network namespace: run as root")
        try:
            # Without one address the kernel takes every IPv4 server for a broadcast address.
            _raise_loopback()
            yield
        finally:
            libc.setns(here, _CLONE_NEWNET)
    finally:
        os.close(here)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))
