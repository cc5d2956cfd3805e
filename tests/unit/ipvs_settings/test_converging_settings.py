# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ipvs_settings does with a host, on the fake kernel."""

from __future__ import annotations

import errno

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.access import UnloadedIpvs
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.kernel_release import (
    parse_release,
)
from ansible_collections.sluice.edge.tests.fakes.ipvs_settings import (
    BACKUP,
    MASTER,
    Daemon,
    FakeIpvsSettings,
)
from ansible_collections.sluice.edge.tests.unit.ipvs_settings.task import converge_fake

GROUP = bytes([224, 0, 0, 81])


@pytest.fixture
def fake():
    return FakeIpvsSettings()


def test_only_the_given_timeouts_change(fake):
    result = converge_fake(fake, {"timeouts": {"tcp_fin": 30}})
    assert fake.timeouts == {4: 900, 5: 30, 6: 300}
    assert result["operations"] == ["change connection timeouts"]
    assert result["diff"]["after"] == "connection timeouts tcp 900 tcp_fin 30 udp 300\n"


def test_a_new_daemon_gets_the_kernels_defaults_and_the_prediction_says_which(fake):
    params = {"sync_master": {"interface": "eth1"}, "sync_backup": {"interface": "eth1"}}
    predicted = converge_fake(fake, params, check=True)
    assert fake.daemons == {}
    assert converge_fake(fake, params) == predicted
    assert fake.daemons == {
        MASTER: Daemon("eth1", 0, 1472, GROUP, 8848, 1),
        BACKUP: Daemon("eth1", 0, 8972, GROUP, 8848, 1),
    }


def test_options_left_out_keep_what_a_running_daemon_has(fake):
    fake.daemons[MASTER] = Daemon("eth0", 7, 1200, b"\xff\x02" + bytes(13) + b"\x81", 9000, 5)
    assert not converge_fake(fake, {"sync_master": {"interface": "eth0"}})["changed"]
    converge_fake(fake, {"sync_master": {"interface": "eth1", "sync_id": 8}})
    assert fake.daemons[MASTER] == Daemon(
        "eth1", 8, 1200, b"\xff\x02" + bytes(13) + b"\x81", 9000, 5
    )


def test_a_length_that_is_left_out_is_made_to_fit_another_group(fake):
    fake.daemons[BACKUP] = Daemon("eth0", 0, 65507, GROUP, 8848, 1)
    params = {"sync_backup": {"interface": "eth0", "multicast_group": "ff02::81"}}
    converge_fake(fake, params)
    assert fake.daemons[BACKUP].max_length == 65487
    assert not converge_fake(fake, params)["changed"]


def test_a_daemon_that_is_not_declared_is_left_alone(fake):
    fake.daemons[BACKUP] = Daemon("eth0", 3, 2000, GROUP, 8848, 1)
    converge_fake(fake, {"sync_master": {"interface": "eth0"}, "timeouts": {"udp": 10}})
    assert fake.daemons[BACKUP] == Daemon("eth0", 3, 2000, GROUP, 8848, 1)


def test_an_absent_daemon_is_stopped_once(fake):
    fake.daemons[MASTER] = Daemon("eth0", 3, 1472, GROUP, 8848, 1)
    params = {"sync_master": {"state": "absent"}}
    assert converge_fake(fake, params)["operations"] == ["delete sync daemon master"]
    assert fake.daemons == {}
    assert not converge_fake(fake, params)["changed"]


def test_a_daemon_that_ends_while_it_is_changed_is_started_all_the_same(fake):
    fake.daemons[MASTER] = Daemon("eth0", 3, 1472, GROUP, 8848, 1)
    fake.before_write(1, fake.daemons.clear)
    assert converge_fake(fake, {"sync_master": {"interface": "eth1"}})["changed"]
    assert fake.daemons[MASTER].interface == "eth1"


def test_a_missing_interface_is_found_before_the_first_write(fake):
    with pytest.raises(Unavailable) as refused:
        converge_fake(fake, {"conntrack": True, "sync_backup": {"interface": "eth9"}})
    assert str(refused.value) == (
        "sync_backup: interface eth9 does not exist here: create it first, or name another"
    )
    assert fake.writes == 0


def test_a_changed_daemon_that_cannot_start_is_started_again_as_it_was(fake):
    before = Daemon("eth0", 3, 1472, GROUP, 8848, 1)
    fake.daemons[MASTER] = before
    fake.before_write(2, lambda: fake.interfaces.pop("eth1"))
    with pytest.raises(Refused) as refused:
        converge_fake(fake, {"sync_master": {"interface": "eth1"}})
    assert fake.daemons[MASTER] == before
    assert "interface eth1 does not exist any more" in str(refused.value)


def test_real_servers_of_another_family_refuse_a_daemon(fake):
    fake.mixed_families = True
    with pytest.raises(Refused) as refused:
        converge_fake(fake, {"sync_master": {"interface": "eth0"}})
    assert "real servers of another address family" in str(refused.value)


def test_a_timeout_beyond_the_kernels_limit_is_refused_and_the_rest_taken_back(fake):
    before = fake.snapshot()
    with pytest.raises(Refused) as refused:
        converge_fake(fake, {"conntrack": True, "timeouts": {"tcp": 21474836}})
    assert "the kernel takes no timeout that long" in str(refused.value)
    assert refused.value.undone == ["change sysctl net.ipv4.vs.conntrack"]
    assert fake.snapshot() == before


def test_a_parameter_the_kernel_lacks_is_named_with_the_kernel(fake):
    del fake.parameters.values["net.ipv4.vs.conntrack"]
    with pytest.raises(Unavailable) as refused:
        converge_fake(fake, {"sloppy_tcp": True, "conntrack": True})
    assert str(refused.value) == (
        "conntrack: this kernel (6.1.0) has no sysctl net.ipv4.vs.conntrack (it is built without "
        "CONFIG_IP_VS_NFCT): leave conntrack out, or use a kernel that has it"
    )
    assert fake.writes == 0


def test_a_timeout_the_kernel_lacks_is_named_with_the_kernel(fake):
    del fake.timeouts[6]
    with pytest.raises(Unavailable) as refused:
        converge_fake(fake, {"timeouts": {"udp": 10}})
    assert str(refused.value) == (
        "timeouts: this kernel (6.1.0) has no udp timeout: it is built without "
        "CONFIG_IP_VS_PROTO_UDP"
    )
    converge_fake(fake, {"timeouts": {"tcp": 10}})
    assert fake.timeouts == {4: 10, 5: 120}


@pytest.mark.parametrize("value", ["1", "2", "7"])
def test_a_flag_that_is_on_by_another_number_is_not_written_again(fake, value):
    fake.parameters.values["net.ipv4.vs.expire_nodest_conn"] = value
    assert not converge_fake(fake, {"expire_nodest_conn": True})["changed"]
    assert converge_fake(fake, {"expire_nodest_conn": False})["changed"]
    assert fake.parameters.values["net.ipv4.vs.expire_nodest_conn"] == "0"


def test_forwarding_is_set_after_all_that_can_be_refused(fake):
    result = converge_fake(
        fake,
        {
            "ip_forward": True,
            "ipv6_forwarding": True,
            "conntrack": True,
            "timeouts": {"tcp": 5},
            "sync_master": {"interface": "eth0"},
        },
    )
    assert result["operations"] == [
        "change sysctl net.ipv4.vs.conntrack",
        "change connection timeouts",
        "create sync daemon master",
        "change sysctl net.ipv4.ip_forward",
        "change sysctl net.ipv6.conf.all.forwarding",
    ]


def test_a_threshold_is_compared_by_its_numbers(fake):
    assert not converge_fake(fake, {"sync_threshold": [3, 50]})["changed"]
    assert not converge_fake(fake, {"sync_threshold": "3 50"})["changed"]
    assert converge_fake(fake, {"sync_threshold": [4, 50]})["changed"]


@pytest.mark.parametrize(
    ("release", "present", "after"),
    [
        ("4.19.0-26-amd64", "1", "0"),
        ("4.19.0-26-amd64", "0", "0"),
        ("5.8.18", "3", "0"),
        ("5.9.0", "1", "1"),
        ("6.1.0", "0", "1"),
        ("6.1.0", "3", "3"),
    ],
)
def test_auto_is_mode_0_only_on_kernels_that_delay_reused_ports(fake, release, present, after):
    fake.parameters.values["net.ipv4.vs.conn_reuse_mode"] = present
    result = converge_fake(fake, {"conn_reuse_mode": "auto"}, kernel=parse_release(release))
    assert fake.parameters.values["net.ipv4.vs.conn_reuse_mode"] == after
    assert result["changed"] == (present != after)


def test_auto_asks_nothing_of_a_kernel_without_the_mode(fake):
    del fake.parameters.values["net.ipv4.vs.conn_reuse_mode"]
    kernel = parse_release("3.16.0-4-amd64")
    assert not converge_fake(fake, {"conn_reuse_mode": "auto"}, kernel=kernel)["changed"]


def test_mode_0_can_be_given_where_it_helps(fake):
    converge_fake(fake, {"conn_reuse_mode": "0"}, kernel=parse_release("4.19.0"))
    assert fake.parameters.values["net.ipv4.vs.conn_reuse_mode"] == "0"


def test_check_mode_compares_with_a_fresh_kernel_while_ipvs_is_not_loaded(fake):
    forwarding = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")
    values = fake.parameters.values
    fake.parameters.values = {name: values[name] for name in forwarding}
    params = {
        "timeouts": {"tcp": 900, "udp": 10},
        "sync_master": {"interface": "eth0"},
        "conntrack": True,
        "sloppy_tcp": False,
        "ip_forward": True,
    }
    predicted = converge_fake(fake, params, check=True, transport=UnloadedIpvs())
    assert fake.writes == 0
    fake.parameters.values = values
    assert converge_fake(fake, params) == predicted


def test_a_broken_transport_ends_in_one_line_and_nothing_changed(fake):
    before = fake.snapshot()
    fake.break_down(2)
    with pytest.raises(Refused) as refused:
        converge_fake(fake, {"conntrack": True, "timeouts": {"tcp": 5}})
    assert "\n" not in str(refused.value)
    assert fake.snapshot() == before


def test_a_capability_that_is_missing_is_named(fake):
    fake.fail_write(1, errno.EPERM)
    with pytest.raises(Refused) as refused:
        converge_fake(fake, {"timeouts": {"tcp": 5}})
    assert "CAP_NET_ADMIN" in str(refused.value)
