# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is particular to records of DNAT profiles: treatment, kernel parameters, clashes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    InvalidInput,
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.conntrack import Flow
from ansible_collections.sluice.edge.tests.unit.state.host import Host, Params

FORWARD = "net.ipv4.ip_forward"


def profile(name: str, number: int, **options: Any) -> Params:
    own = {"name": name, "address": "192.0.2.%d" % number, "port": 53, "protocol": "udp"}
    return dict(own, destinations=[{"address": "10.0.0.1"}, {"address": "10.0.0.2"}], **options)


def test_needed_kernel_parameters_are_set_again(host: Host) -> None:
    host.run("dnat_profile", profile("a", 1))
    host.reboot()
    assert host.tables.parameters[FORWARD] == "0"
    assert host.command("check").out[0] == "dnat: change sysctl net.ipv4.ip_forward"
    assert host.command("apply").status == 0
    assert host.tables.parameters[FORWARD] == "1"


def test_a_profile_that_may_not_set_a_parameter_waits_for_it_and_blocks_no_other(
    host: Host,
) -> None:
    host.tables.parameters[FORWARD] = "1"
    host.run("dnat_profile", {"config": [profile("a", 1)], "manage_sysctl": False})
    host.run("dnat_profile", profile("b", 2, side="client"))
    host.reboot()
    said = host.command("apply")
    assert said.status == 1
    assert said.out == ["dnat: create table inet sluice", "dnat: create dnat profile b"]
    assert said.err == [
        "sluice-state: dnat: dnat profile a needs sysctl net.ipv4.ip_forward = 1: set it, or "
        "leave manage_sysctl at true"
    ]
    assert host.tables.parameters[FORWARD] == "0"
    host.tables.parameters[FORWARD] = "1"
    assert host.command("apply").out == ["dnat: create dnat profile a"]


def test_an_entry_says_for_itself_whether_parameters_may_be_set(host: Host) -> None:
    own = profile("a", 1, manage_sysctl=True)
    host.run("dnat_profile", {"config": [own], "manage_sysctl": False})
    assert host.tables.parameters[FORWARD] == "1"
    assert "manage_sysctl" not in host.records()["dnat.json"]


def test_how_a_profile_is_treated_is_shown_and_recorded(host: Host) -> None:
    host.run("dnat_profile", profile("a", 1))
    result = host.run("dnat_profile", profile("a", 1, flush="all", manage_sysctl=False))
    assert result["operations"] == ["record: change dnat profile a"]
    assert result["diff"]["after"].endswith(" flush all manage_sysctl False\n")
    assert host.command("export").out == host.command("export").out
    assert host.command("check") == (0, [], [])


def test_a_clash_with_a_recorded_profile_that_the_kernel_lost_is_refused_before_anything_is_done(
    host: Host,
) -> None:
    host.run("dnat_profile", profile("a", 1))
    host.run("dnat_profile", {"name": "a", "state": "absent"}, persist=False)
    kernel, records = host.kernel(), host.records()
    for parts in ({}, {"runtime": False}):
        for check in (True, False):
            with pytest.raises(InvalidInput) as caught:
                host.run("dnat_profile", profile("b", 1), check, **parts)
            assert str(caught.value) == (
                "dnat profile b: dnat profile a captures udp 192.0.2.1:53 (side server) already, "
                "which dnat profile b asks for; it is in the record: declare it absent"
            )
            assert (host.kernel(), host.records()) == (kernel, records)
    both = [profile("b", 1), {"name": "a", "state": "absent"}]
    host.run("dnat_profile", {"config": both})
    assert host.command("check") == (0, [], [])


def test_a_purge_leaves_in_the_record_what_it_ignores(host: Host) -> None:
    host.run("dnat_profile", {"config": [profile("a", 1), profile("b", 2), profile("c", 3)]})
    task = {"config": [profile("b", 2)], "purge": True, "purge_ignore": ["c"]}
    host.run("dnat_profile", task)
    assert [line.split()[2] for line in host.command("show").out[1:]] == ["b", "c"]
    assert host.command("check") == (0, [], [])


def test_profiles_that_nobody_recorded_are_no_drift_and_stay(host: Host) -> None:
    host.run("dnat_profile", profile("a", 1))
    host.run("dnat_profile", profile("b", 2), persist=False)
    assert host.command("check") == (0, [], [])
    assert host.command("withdraw").out == ["dnat: delete dnat profile a"]
    assert host.command("apply").out == ["dnat: create dnat profile a"]


def test_damage_is_drift(host: Host) -> None:
    host.run("dnat_profile", profile("a", 1))
    slots = next(each for name, each in host.tables.sets.items() if name.startswith("slots"))
    slots.elements.popitem()
    assert host.command("check") == (1, ["dnat: change dnat profile a"], [])
    assert host.command("apply").status == 0
    assert host.command("check").status == 0


def test_damage_that_was_mended_stays_mended_when_recording_fails(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.run("dnat_profile", profile("a", 1))
    whole = host.kernel()
    slots = next(each for name, each in host.tables.sets.items() if name.startswith("slots"))
    slots.elements.popitem()

    def full(*_arguments: Any) -> None:
        raise Unavailable("no space left")

    monkeypatch.setattr(host.store, "write", full)
    with pytest.raises(Refused, match="no space left") as caught:
        host.run("dnat_profile", {"config": [profile("a", 1), profile("b", 2)]})
    assert caught.value.not_undone == []
    assert host.kernel() == whole


def test_what_does_not_work_but_undoes_nothing_is_a_warning_of_the_command(host: Host) -> None:
    host.run("dnat_profile", profile("a", 1))
    host.reboot()

    def refuse(_flow: Flow) -> bool:
        raise OSError("no")

    called = (parse_address("192.0.2.1"), 53)
    host.tables.tracked.append(Flow(17, called, called))
    host.tables.delete = refuse  # type: ignore[method-assign]
    said = host.command("apply")
    assert said.status == 0
    assert said.err == [
        "sluice-state: warning: dnat: the profiles are in place, but stale connections may go on: "
        "no"
    ]
