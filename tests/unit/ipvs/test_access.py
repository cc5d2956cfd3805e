# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Getting at IPVS: what is loaded, what is missing, and what breaks down."""

from __future__ import annotations

import errno
from typing import List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.plugins.module_utils._ipvs import access
from ansible_collections.sluice.edge.plugins.module_utils._kernel import genetlink
from ansible_collections.sluice.edge.tests.contract.ipvs_requests import service
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.fakes.netlink_socket import FakeNetlinkSocket

GET_SERVICES = bytes([4])


class Host:
    """A host whose IPVS may be loaded, loadable, or missing."""

    def __init__(self, loaded: bool, reason: str = "") -> None:
        self.loaded = loaded
        self.reason = reason
        self.asked: List[str] = []
        self.wire = FakeNetlinkSocket(FakeIpvs())

    def load(self, name: str, dry_run: bool = False) -> object:
        self.asked.append("%s %s" % ("look for" if dry_run else "load", name))
        self.loaded = self.loaded or not dry_run
        return self.reason or None

    def install(self, patched: pytest.MonkeyPatch) -> None:
        patched.setattr(genetlink.socket, "socket", lambda *_kind: self.wire)
        patched.setattr(access, "require_capability", lambda *_what: None)
        patched.setattr(access, "ipvs_is_loaded", lambda: self.loaded)
        patched.setattr(access, "load_module", self.load)


def break_down_while_open(host: Host) -> None:
    with access.open_ipvs(check=False) as transport:
        host.wire.answers.insert(0, OSError(errno.ENOBUFS, "no room"))
        transport.dump(GET_SERVICES)


def test_a_breakdown_is_one_line_for_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(loaded=True)
    host.install(monkeypatch)
    with pytest.raises(Unavailable, match=r"^the kernel's IPVS does not answer .*: no room$"):
        break_down_while_open(host)
    assert host.wire.closed


def test_a_loaded_ipvs_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(loaded=True)
    host.install(monkeypatch)
    with access.open_ipvs(check=False) as transport:
        assert transport.batch([service(1)]) == [0]
    assert host.asked == []


def test_a_missing_ipvs_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(loaded=False)
    host.install(monkeypatch)
    with access.open_ipvs(check=False) as transport:
        assert transport.batch([service(1)]) == [0]
    assert host.asked == ["load ip_vs"]


def test_check_mode_only_looks_for_a_missing_ipvs_and_takes_it_for_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = Host(loaded=False)
    host.install(monkeypatch)
    with access.open_ipvs(check=True) as transport:
        assert transport.dump(GET_SERVICES) == []
        with pytest.raises(Unavailable, match="check mode does not load it"):
            transport.batch([service(1)])
    assert host.asked == ["look for ip_vs"]
    assert host.wire.sent == []


@pytest.mark.parametrize("check", [True, False])
def test_an_ipvs_that_cannot_be_loaded_is_one_line_that_names_option_and_module(
    monkeypatch: pytest.MonkeyPatch, check: bool
) -> None:
    Host(loaded=False, reason="module not found").install(monkeypatch)
    expected = r"^this kernel offers no IPVS \(module ip_vs, CONFIG_IP_VS\): module not found; .*$"
    with pytest.raises(Unavailable, match=expected), access.open_ipvs(check):
        pass
