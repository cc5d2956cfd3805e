# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every state and every declaration."""

from __future__ import annotations

import errno
import socket

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.described import (
    describe_settings,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.declared import (
    SETTINGS_VOCABULARY,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.model import (
    ALL_KEYS,
)
from ansible_collections.sluice.edge.tests.fakes.ipvs_settings import (
    BACKUP,
    MASTER,
    Daemon,
    FakeIpvsSettings,
)
from ansible_collections.sluice.edge.tests.unit.ipvs_settings.task import (
    LINUX_6_1,
    converge_fake,
    declare,
    read_fake,
)

GROUPS = ("224.0.0.81", "239.255.1.2", "ff02::81", "ff05::1:3")
SECONDS = st.integers(1, 100000)


def packed(group):
    return socket.inet_pton(socket.AF_INET6 if ":" in group else socket.AF_INET, group)


def lengths(least):
    return st.integers(least, 65487)


def daemons(least):
    return st.builds(
        Daemon,
        st.sampled_from(["eth0", "eth1", "eth2"]),
        st.integers(0, 255),
        lengths(least),
        st.sampled_from([packed(group) for group in GROUPS]),
        st.integers(1, 65535),
        st.integers(1, 255),
    )


def thresholds():
    return st.sampled_from([(3, 50), (0, 1), (0, 0), (9, 0), (49, 50), (1, 2147483647)])


def make_state(timeouts, master, backup, flags, mode, threshold, others):
    """Return a fake host in some state."""
    fake = FakeIpvsSettings()
    fake.timeouts = dict(zip(fake.timeouts, timeouts))
    fake.daemons = {
        state: daemon for state, daemon in ((MASTER, master), (BACKUP, backup)) if daemon
    }
    values = fake.parameters.values
    for index, name in enumerate(values):
        values[name] = str(flags >> index & 1)
    values["net.ipv4.vs.sync_threshold"] = "%d\t%d" % threshold
    values["net.ipv4.vs.conn_reuse_mode"] = str(mode)
    values["net.ipv4.vs.sync_refresh_period"], values["net.ipv4.vs.sync_retries"] = others
    return fake


STATES = st.builds(
    make_state,
    st.tuples(SECONDS, SECONDS, SECONDS),
    st.none() | daemons(1),
    st.none() | daemons(1024),
    st.integers(0, 2**13 - 1),
    st.integers(0, 3),
    thresholds(),
    st.sampled_from([("0", "0"), ("10", "2"), ("3600", "3")]),
)


def some(options):
    """Any of the options, at least one."""
    return st.fixed_dictionaries({}, optional=options).filter(bool)


def daemon_options(least):
    present = st.fixed_dictionaries(
        {"interface": st.sampled_from(["eth0", "eth1", "eth2"])},
        optional={
            "state": st.just("present"),
            "sync_id": st.integers(0, 255),
            "max_length": lengths(least),
            "multicast_group": st.sampled_from(GROUPS),
            "multicast_port": st.integers(1, 65535),
            "multicast_ttl": st.integers(1, 255),
        },
    )
    return present | st.just({"state": "absent"})


FLAGS = {
    option: st.booleans()
    for option in (
        *("conntrack", "expire_nodest_conn", "expire_quiescent_template", "sloppy_tcp"),
        *("sloppy_sctp", "backup_only", "sync_persist_mode", "ip_forward", "ipv6_forwarding"),
    )
}
DECLARATIONS = some(
    {
        "timeouts": some({"tcp": SECONDS, "tcp_fin": SECONDS, "udp": SECONDS}),
        "sync_master": daemon_options(1),
        "sync_backup": daemon_options(1024),
        "conn_reuse_mode": st.sampled_from(["auto", "1", "2", "3"]),
        "sync_threshold": thresholds().map(list),
        "sync_refresh_period": st.integers(0, 3600),
        "sync_retries": st.integers(0, 3),
        **FLAGS,
    }
)


def test_the_declarations_here_have_every_option_there_is():
    assert set(FLAGS) | {
        *("timeouts", "sync_master", "sync_backup", "conn_reuse_mode"),
        *("sync_threshold", "sync_refresh_period", "sync_retries"),
    } == set(SETTINGS_VOCABULARY.names)


@given(STATES, DECLARATIONS)
def test_the_second_run_changes_nothing(fake, params):
    converge_fake(fake, params)
    writes = fake.writes
    second = converge_fake(fake, params)
    assert not second["changed"]
    assert fake.writes == writes


@given(STATES, DECLARATIONS)
def test_what_check_predicts_is_what_is_done_and_check_writes_nothing(fake, params):
    predicted = converge_fake(fake, params, check=True)
    assert fake.writes == 0
    assert converge_fake(fake, params) == predicted


@given(STATES, DECLARATIONS)
def test_what_is_not_declared_stays(fake, params):
    before = read_fake(fake)
    converge_fake(fake, params)
    after = read_fake(fake)
    for key in ALL_KEYS - set(declare(params).keys):
        assert after.get(key) == before.get(key)


@given(STATES, DECLARATIONS)
def test_what_is_declared_is_so_afterwards(fake, params):
    converge_fake(fake, params)
    found = describe_settings(read_fake(fake), LINUX_6_1)
    for option, value in params.items():
        if isinstance(value, dict):
            assert {name: found[option][name] for name in value} == value
        elif value != "auto":
            assert found[option] == value


@given(STATES, DECLARATIONS, st.data())
def test_a_failure_at_any_write_leaves_what_was_there(fake, params, data):
    before = read_fake(fake)
    trial = FakeIpvsSettings()
    trial.timeouts, trial.daemons = dict(fake.timeouts), dict(fake.daemons)
    trial.parameters.values = dict(fake.parameters.values)
    converge_fake(trial, params)
    assume(trial.writes)
    number = data.draw(st.integers(1, trial.writes))
    fault = data.draw(st.sampled_from(["refused", "broken before", "broken after"]))
    if fault == "refused":
        fake.fail_write(number, errno.ENOMEM)
    else:
        fake.break_down(number, after=fault == "broken after")
    # The stopping half of a change may fail and the starting half too: both are one operation.
    with pytest.raises(Refused):
        converge_fake(fake, params)
    assert read_fake(fake) == before


@given(STATES, STATES)
def test_the_description_of_one_host_makes_another_the_same(one, other):
    one.parameters.values["net.ipv4.vs.conn_reuse_mode"] = "1"
    description = describe_settings(read_fake(one), LINUX_6_1)
    assert not converge_fake(one, description)["changed"]
    converge_fake(other, description)
    assert read_fake(other) == read_fake(one)


@given(STATES)
def test_a_description_can_always_be_declared_where_it_was_made(fake):
    description = describe_settings(read_fake(fake), LINUX_6_1)
    assert not converge_fake(fake, description)["changed"]
