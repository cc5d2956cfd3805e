# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What converging the settings of IPVS promises, on a fake kernel and on a real one.

Run as a test file, it holds the real kernel to the contract: as root on a machine with IPVS,
ipvsadm and iproute2, each test in a network namespace of its own. The fake is held to it by
tests/unit/ipvs_settings/test_contract_on_fake.py.
"""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.information import (
    gather_information,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.converge import (
    converge_settings,
    expire_quiescent_templates,
)
from ansible_collections.sluice.edge.tests.unit.ipvs_settings.bad_input import BAD_INPUT

Params = Dict[str, Any]

SYSCTLS = Path("/proc/sys/net")

CHANGES = [
    {"timeouts": {"tcp": 60}},
    {"timeouts": {"tcp": 1, "tcp_fin": 2, "udp": 3}},
    {"sync_master": {"interface": "eth0"}},
    {"sync_backup": {"interface": "eth0"}},
    {"sync_master": {"interface": "eth0", "sync_id": 255, "max_length": 1}},
    {"sync_backup": {"interface": "eth1", "sync_id": 1, "max_length": 1024}},
    {"sync_backup": {"interface": "eth1", "max_length": 65507}},
    {"sync_master": {"interface": "eth1", "max_length": 65487, "multicast_group": "ff02::81"}},
    {
        "sync_master": {
            "interface": "eth0",
            "multicast_group": "239.1.2.3",
            "multicast_port": 65535,
            "multicast_ttl": 255,
        },
        "sync_backup": {
            "interface": "eth1",
            "multicast_group": "ff05::1:3",
            "multicast_port": 1,
            "multicast_ttl": 9,
        },
    },
    {"conntrack": True},
    {"conn_reuse_mode": "2"},
    {"conn_reuse_mode": "3"},
    {"expire_nodest_conn": True},
    {"expire_quiescent_template": True},
    {"sloppy_tcp": True, "sloppy_sctp": True},
    {"backup_only": True},
    {"sync_threshold": [0, 0]},
    {"sync_threshold": [9, 2147483647]},
    {"sync_refresh_period": 3600},
    {"sync_retries": 3},
    {"sync_persist_mode": True},
    {"ip_forward": True, "ipv6_forwarding": True},
]


class Seen(NamedTuple):
    """The settings as an independent look at the kernel shows them."""

    timeouts: List[int]
    daemons: List[str]
    sysctls: Dict[str, str]


class SettingsContract:
    """The promises; a test class derives from it and gives it a ``host`` fixture.

    A host has interfaces eth0 (MTU 1500) and eth1 (MTU 9000), and the settings of a fresh kernel.
    """

    @pytest.mark.parametrize("params", CHANGES, ids=str)
    def test_a_change_is_predicted_made_and_not_made_again(self, host, params):
        before = host.seen()
        predicted = host.run(params, check=True)
        assert host.seen() == before
        assert predicted["changed"]
        assert host.run(params) == predicted
        assert host.seen() != before
        assert not host.run(params)["changed"]
        assert not host.run(params, check=True)["changed"]

    @pytest.mark.parametrize("params", CHANGES, ids=str)
    def test_what_is_told_of_a_host_declares_what_it_has(self, host, params):
        host.run(params)
        settings = host.settings()
        for option, value in params.items():
            if isinstance(value, dict):
                assert {name: settings[option][name] for name in value} == value
            else:
                assert settings[option] == value
        assert not host.run(settings)["changed"]

    def test_everything_can_be_set_at_once_and_back(self, host):
        fresh = host.settings()
        before = host.seen()
        everything = {name: value for params in CHANGES for name, value in params.items()}
        assert host.run(everything)["changed"]
        assert host.run(fresh)["changed"]
        assert host.seen() == before

    def test_a_new_daemon_gets_what_the_kernel_would_choose(self, host):
        host.start_daemon("master", "eth1")
        host.start_daemon("backup", "eth1")
        chosen = host.seen().daemons
        host.run({"sync_master": {"state": "absent"}, "sync_backup": {"state": "absent"}})
        assert host.seen().daemons == []
        host.run({"sync_master": {"interface": "eth1"}, "sync_backup": {"interface": "eth1"}})
        assert host.seen().daemons == chosen

    def test_a_daemon_that_another_program_started_is_adopted(self, host):
        host.start_daemon("backup", "eth0", sync_id=7)
        params = {"sync_backup": {"interface": "eth0"}}
        assert not host.run(params)["changed"]
        assert host.settings()["sync_backup"]["sync_id"] == 7
        assert not host.run({"timeouts": {"tcp": 900}})["changed"]

    def test_a_daemon_can_be_stopped_right_after_it_was_started(self, host):
        for _time in range(5):
            host.run({"sync_backup": {"interface": "eth0"}})
            host.run({"sync_backup": {"state": "absent"}})
            assert host.seen().daemons == []

    def test_a_daemon_that_was_started_is_stopped_when_a_later_one_is_refused(self, host):
        host.take_ipv6_from("eth1")
        params = {
            "sync_backup": {"interface": "eth1", "max_length": 2000},
            "sync_master": {"interface": "eth1", "multicast_group": "ff02::81"},
        }
        self._refused(host, params, Refused)

    def test_changing_one_daemon_leaves_the_other_alone(self, host):
        host.start_daemon("backup", "eth0", sync_id=7)
        backup = host.seen().daemons
        host.run({"sync_master": {"interface": "eth1", "sync_id": 3}})
        host.run({"sync_master": {"interface": "eth0"}})
        assert host.settings()["sync_master"]["sync_id"] == 3
        assert [line for line in host.seen().daemons if line.startswith("backup")] == backup

    def test_an_interface_that_does_not_exist_is_refused_before_any_write(self, host):
        line = self._refused(host, {"conntrack": True, "sync_master": {"interface": "eth9"}})
        assert "interface eth9 does not exist here" in line

    def test_a_timeout_beyond_the_kernels_limit_is_refused_and_all_is_undone(self, host):
        params = {"conntrack": True, "sync_retries": 2, "timeouts": {"tcp": 21474836, "udp": 5}}
        line = self._refused(host, params, Refused)
        assert "the kernel takes no timeout that long" in line

    def test_a_daemon_beside_servers_of_mixed_families_is_refused_and_all_is_undone(self, host):
        host.mix_families()
        params = {"timeouts": {"udp": 5}, "sync_master": {"interface": "eth0"}, "conntrack": True}
        line = self._refused(host, params, Refused)
        assert "another address family" in line

    def test_a_changed_daemon_that_cannot_start_runs_again_as_it_was(self, host):
        host.run({"sync_master": {"interface": "eth0", "sync_id": 9, "max_length": 2000}})
        host.take_ipv6_from("eth1")
        params = {"sync_master": {"interface": "eth1", "multicast_group": "ff02::81"}}
        line = self._refused(host, dict(params, conntrack=True), Refused)
        assert "group ff02::81 cannot be reached over interface eth1" in line

    @pytest.mark.parametrize("number", range(len(BAD_INPUT)))
    def test_bad_input_changes_nothing(self, host, number):
        self._refused(host, BAD_INPUT[number][0])

    def _refused(self, host: Any, params: Params, kind: type = EdgeError) -> str:
        before = host.seen()
        with pytest.raises(kind) as refused:
            host.run(params)
        assert host.seen() == before
        line = str(refused.value)
        assert "\n" not in line
        assert not getattr(refused.value, "not_undone", [])
        return line


class RealHost:
    """The kernel, in the network namespace that the process is in."""

    def run(self, params: Params, check: bool = False) -> Params:
        return converge_settings(params, check, True)

    def settings(self) -> Params:
        return gather_information({})["settings"]

    def seen(self) -> Seen:
        timeouts = output("ipvsadm", "-L", "--timeout")
        sysctls = {str(path): path.read_text() for path in _parameters()}
        return Seen(
            [int(number) for number in re.findall(r"\d+", timeouts)],
            sorted(output("ipvsadm", "-L", "--daemon", "-n").splitlines()),
            sysctls,
        )

    def start_daemon(self, role: str, interface: str, sync_id: int = 0) -> None:
        output(
            *("ipvsadm", "--start-daemon", role, "--mcast-interface", interface),
            *("--syncid", str(sync_id)),
        )

    def mix_families(self) -> None:
        output("ipvsadm", "-A", "-t", "192.0.2.100:80")
        output("ipvsadm", "-a", "-t", "192.0.2.100:80", "-r", "[2001:db8::1]:80", "-i")

    def take_ipv6_from(self, interface: str) -> None:
        output("sysctl", "-w", "net.ipv6.conf.%s.disable_ipv6=1" % interface)


class TestRealKernel(SettingsContract):
    """The contract, and what only a real kernel can show."""

    @pytest.fixture
    def host(self):
        if not Path("/proc/net/ip_vs").exists():
            output("modprobe", "ip_vs")
        with own_network():
            output("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1")
            links = ["link set eth1 mtu 9000"]
            for number, interface in enumerate(("lo", "eth0", "eth1")):
                # A tentative IPv6 address cannot send yet.
                (SYSCTLS / "ipv6/conf" / interface / "accept_dad").write_text("0")
                links.append("link set %s up" % interface)
                links.append("address add 192.0.2.%d/32 dev %s" % (number + 1, interface))
            output("ip", "-batch", "-", given="\n".join(links))
            yield RealHost()

    def test_persistent_clients_can_be_made_to_leave(self, host):
        predicted = expire_quiescent_templates(check=True)
        assert not host.settings()["expire_quiescent_template"]
        assert expire_quiescent_templates(check=False).plan == predicted.plan
        assert host.settings()["expire_quiescent_template"]
        assert not expire_quiescent_templates(check=False).changed

    def test_a_namespace_that_does_not_exist_is_refused(self, host):
        with pytest.raises(Unavailable):
            host.run({"conntrack": True, "netns": "no-such-namespace"})

    def test_settings_of_other_namespaces_stay_as_they_are(self, host):
        before = host.seen()
        with own_network():
            output("ip", "link", "set", "lo", "up")
            host.run({"timeouts": {"tcp": 5}, "conntrack": True, "ip_forward": True})
            assert host.settings()["timeouts"]["tcp"] == 5
        assert host.seen() == before


@contextmanager
def own_network() -> Iterator[None]:
    """Be in a network namespace made for the body."""
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.unshare(0x40000000):
            raise OSError(ctypes.get_errno(), "cannot make a network namespace: run as root")
        try:
            yield
        finally:
            libc.setns(here, 0x40000000)
    finally:
        os.close(here)


def _parameters() -> Iterator[Path]:
    yield from sorted((SYSCTLS / "ipv4/vs").iterdir())
    yield SYSCTLS / "ipv4/ip_forward"
    for family in ("ipv4", "ipv6"):
        yield from sorted((SYSCTLS / family / "conf").glob("*/forwarding"))


def output(*command: str, given: str = "") -> str:
    """Return what a command prints when it is given a text; fail with what it complains of."""
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, "%s: %s" % (" ".join(command), done.stderr)
    return done.stdout
