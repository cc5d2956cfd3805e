# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake host: IPVS, settings, profiles, addresses, records; tasks and the command work on it."""

from __future__ import annotations

import io
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, Callable, ContextManager, Dict, Iterator, List, NamedTuple, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock
from ansible_collections.sluice.edge.plugins.module_utils._dnat import host as profiles_host
from ansible_collections.sluice.edge.plugins.module_utils._dnat import profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.backend import (
    IptablesBackend,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.backend import (
    NftablesBackend,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.ports import Backend
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs import (
    restoring,
    servers,
    services,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings import (
    converge as settings_converge,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import InterfaceAddress
from ansible_collections.sluice.edge.plugins.module_utils._record.store import Store
from ansible_collections.sluice.edge.plugins.module_utils._state.command import main
from ansible_collections.sluice.edge.plugins.module_utils._vip import addresses
from ansible_collections.sluice.edge.plugins.module_utils._vip import (
    restoring as addresses_restoring,
)
from ansible_collections.sluice.edge.tests.fakes.dnat import FakeTables
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.fakes.ipvs_settings import FakeIpvsSettings
from ansible_collections.sluice.edge.tests.fakes.vip import FakeHost, ethernet
from ansible_collections.sluice.edge.tests.fakes.xtables import FakeXtables

Params = Dict[str, Any]


class Said(NamedTuple):
    """What the command ended with and said."""

    status: int
    out: List[str]
    err: List[str]


class Host:
    """One host; what a reboot forgets is made anew by ``reboot``."""

    def __init__(self, directory: Path) -> None:
        self.store = Store(str(directory / "state.d"))
        self.now = 0.0
        self.at_pause: Callable[[], None] = _nothing
        self.reboot()

    def reboot(self) -> None:
        self.ipvs = FakeIpvs()
        self.settings = FakeIpvsSettings()
        self.tables = FakeTables()
        self.xtables = FakeXtables()
        self.links = FakeHost(ethernet(2, "eth0"))
        self.links.table.append(InterfaceAddress("lo", 1, parse_address("127.0.0.1"), 8, scope=254))

    def run(self, module: str, params: Params, check: bool = False, **parts: bool) -> Params:
        """Return a module's result; ``parts`` are persist and runtime, both true as in a task."""
        given = dict({"persist": True, "runtime": True}, **parts)
        given.update(params)
        if module == "ipvs_server":
            return servers.converge_servers(
                given, check, True, Clock(lambda: self.now, self._pass), store=self.store
            )
        entry: Any = {
            "dnat_profile": profiles.converge_profiles,
            "ipvs_service": services.converge_services,
            "ipvs_settings": settings_converge.converge_settings,
            "vip": addresses.converge_addresses,
        }[module]
        result: Params = entry(given, check, True, store=self.store)
        return result

    def command(self, *words: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(["--records", self.store.directory, *words])
        return Said(status, out.getvalue().splitlines(), err.getvalue().splitlines())

    def kernel(self) -> Tuple[Any, ...]:
        """Return everything that tasks can change in the kernel, to compare it."""
        return (
            IpvsDriver(self.ipvs).read(),
            self.settings.snapshot(),
            {name: self._profiles(backend) for name, backend in self.backends().items()},
            dict(self.tables.parameters),
            {(each.interface, each.address, each.prefix, each.label) for each in self.links.table},
        )

    def backends(self) -> Dict[str, Backend]:
        """Return what holds profiles, by name."""
        return {
            "nftables": NftablesBackend(self.tables),
            "iptables": IptablesBackend(self.xtables),
        }

    def _profiles(self, backend: Backend) -> Dict[Any, Any]:
        framework, profiles = backend.read()
        found = profiles if framework is None else [framework, *profiles]
        return {entry.key: entry for entry in found}

    def records(self) -> Dict[str, str]:
        """Return the text of every record by file name."""
        folder = Path(self.store.directory)
        return {path.name: path.read_text() for path in sorted(folder.glob("[!.]*"))}

    def _pass(self, seconds: float) -> None:
        self.now += seconds
        self.at_pause()


def _nothing() -> None:
    """What happens while a drain waits, unless a test says otherwise."""


@contextmanager
def fake_host(monkeypatch: pytest.MonkeyPatch, directory: Path) -> Iterator[Host]:
    """Yield a host on which every entry of the engine works meanwhile."""
    host = Host(directory)

    def mtu_of(name: str) -> int:
        return host.settings.mtu_of(name)

    def open_backend(name: str, writes: bool = True) -> ContextManager[Backend]:
        return nullcontext(host.backends()[name])

    for module in (
        services,
        servers,
        restoring,
        settings_converge,
        profiles_host,
        addresses,
        addresses_restoring,
    ):
        monkeypatch.setattr(module, "sole_writer", lambda kind, check: nullcontext())
    for module in (services, servers, restoring):
        monkeypatch.setattr(module, "open_ipvs", lambda check: nullcontext(host.ipvs))
    monkeypatch.setattr(settings_converge, "open_ipvs", lambda check: nullcontext(host.settings))
    monkeypatch.setattr(settings_converge, "Sysctls", lambda: host.settings.parameters)
    monkeypatch.setattr(settings_converge, "mtu_of", mtu_of)
    monkeypatch.setattr(profiles_host, "open_backend", open_backend)
    monkeypatch.setattr(profiles_host, "held_elsewhere", lambda _backend: {})
    monkeypatch.setattr(profiles_host, "Sysctls", lambda: host.tables)
    monkeypatch.setattr(profiles_host, "Conntrack", lambda: host.tables)
    monkeypatch.setattr(profiles_host, "require_capability", lambda *_arguments: None)
    monkeypatch.setattr(profiles_host, "is_local", lambda _address: False)
    monkeypatch.setattr(addresses, "Rtnetlink", lambda: nullcontext(host.links))
    monkeypatch.setattr(addresses, "Sysctls", lambda: host.links)
    monkeypatch.setattr(addresses, "RealNeighbours", lambda: host.links)
    monkeypatch.setattr(addresses, "require_capability", lambda *_arguments: None)
    yield host
