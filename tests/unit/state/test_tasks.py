# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task of each module does to the kernel and to the record: both, or nothing."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    InvalidInput,
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._record.text import BrokenRecord
from ansible_collections.sluice.edge.tests.unit.state.host import Host, Params

WEB = {"address": "192.0.2.1", "port": 80}


def server(last: int, **options: Any) -> Params:
    return dict({"address": "10.0.0.%d" % last, "forward_method": "masquerade"}, **options)


def profile(name: str, port: int, **options: Any) -> Params:
    own = {"name": name, "address": "192.0.2.1", "port": port}
    return dict(own, destinations=[{"address": "10.0.0.1"}, {"address": "10.0.0.2"}], **options)


class Example(NamedTuple):
    """A task that changes something, the task before it, and how the kernel refuses it."""

    module: str
    first: Params
    then: Params
    record: str
    refuse: Callable[[Host], None]


EXAMPLES = [
    Example(
        "ipvs_service",
        dict(WEB, servers=[server(1), server(2)]),
        {"config": [dict(WEB, scheduler="rr", servers=[server(2, weight=5), server(3)])]},
        "ipvs.json",
        lambda host: host.ipvs.fail_write(2, errno.ENOMEM),
    ),
    Example(
        "ipvs_settings",
        {"timeouts": {"tcp": 60}, "conntrack": True},
        {"timeouts": {"udp": 90}, "conntrack": False, "sync_master": {"interface": "eth0"}},
        "settings.json",
        lambda host: host.settings.fail_write(2, errno.ENOMEM),
    ),
    Example(
        "dnat_profile",
        {"config": [profile("www", 80), profile("mail", 25)]},
        {
            "config": [profile("www", 80, balancing="round_robin"), profile("dns", 53)],
            "purge": True,
        },
        "dnat.json",
        lambda host: setattr(host.tables, "refuse", lambda _number: True),
    ),
    Example(
        "dnat_profile",
        {"backend": "iptables", "config": [profile("www", 80), profile("mail", 25)]},
        {
            "backend": "iptables",
            "config": [profile("www", 80, balancing="round_robin"), profile("dns", 53)],
            "purge": True,
        },
        "dnat-iptables.json",
        lambda host: setattr(host.xtables, "refuse", lambda _number: "no memory"),
    ),
    Example(
        "vip",
        {"config": [{"address": "192.0.2.1", "interface": "eth0"}]},
        {
            "config": [{"address": "192.0.2.2", "interface": "eth0", "announce_count": 1}],
            "purge": True,
            "purge_scope": ["192.0.2.0/24"],
        },
        "vip.json",
        lambda host: setattr(host.links, "refuse", lambda number: True),
    ),
]
each_module = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.record)


@each_module
def test_a_task_changes_kernel_and_record_and_shows_both(host: Host, example: Example) -> None:
    result = host.run(example.module, example.first)
    assert result["changed"]
    marked = [line.startswith("record: ") for line in result["operations"]]
    assert set(marked) == {True, False}
    assert list(host.records()) == [example.record]
    lines = result["diff"]["after"].splitlines()
    assert {line.startswith("record: ") for line in lines} == {True, False}


@each_module
def test_a_second_run_changes_nothing(host: Host, example: Example) -> None:
    for task in (example.first, example.then):
        host.run(example.module, task)
        before = host.records()
        assert not host.run(example.module, task)["changed"]
        assert host.records() == before


@each_module
@pytest.mark.parametrize(
    "parts", [{}, {"persist": False}, {"runtime": False}], ids=["both", "runtime", "record"]
)
def test_check_mode_predicts_the_diff_and_writes_neither(
    host: Host, example: Example, parts: Dict[str, bool]
) -> None:
    host.run(example.module, example.first)
    kernel, records = host.kernel(), host.records()
    predicted = host.run(example.module, example.then, check=True, **parts)
    assert (host.kernel(), host.records()) == (kernel, records)
    done = host.run(example.module, example.then, **parts)
    assert predicted["changed"]
    assert {key: predicted[key] for key in ("changed", "operations", "diff")} == {
        key: done[key] for key in ("changed", "operations", "diff")
    }


@each_module
def test_check_mode_makes_no_files(host: Host, example: Example) -> None:
    host.run(example.module, example.first, check=True)
    assert not Path(host.store.directory).exists()


@each_module
def test_without_runtime_only_the_record_changes(host: Host, example: Example) -> None:
    kernel = host.kernel()
    result = host.run(example.module, example.first, runtime=False)
    assert host.kernel() == kernel
    assert all(line.startswith("record: ") for line in result["operations"])
    assert host.command("check").status == 1
    assert host.command("apply").status == 0
    assert host.command("check") == (0, [], [])
    assert not host.run(example.module, example.first)["changed"]


@each_module
def test_without_persist_no_record_is_read_or_written(host: Host, example: Example) -> None:
    host.run(example.module, example.first)
    Path(host.store.directory, example.record).write_text("garbage")
    host.run(example.module, example.then, persist=False)
    assert host.records() == {example.record: "garbage"}


@each_module
def test_neither_part_is_refused(host: Host, example: Example) -> None:
    with pytest.raises(InvalidInput, match=r"^runtime: false needs persist: true"):
        host.run(example.module, example.first, persist=False, runtime=False)


@each_module
def test_what_the_kernel_refuses_is_not_recorded(host: Host, example: Example) -> None:
    host.run(example.module, example.first)
    kernel, records = host.kernel(), host.records()
    example.refuse(host)
    with pytest.raises(Refused):
        host.run(example.module, example.then)
    host.links.refuse = lambda _number: False
    assert (host.kernel(), host.records()) == (kernel, records)


@each_module
@pytest.mark.parametrize("error", [Unavailable("no space left"), KeyboardInterrupt()])
def test_what_cannot_be_recorded_is_undone_in_the_kernel(
    host: Host, example: Example, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.run(example.module, example.first)
    kernel, records = host.kernel(), host.records()

    def fail(*_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(host.store, "write", fail)
    kind = Refused if isinstance(error, Unavailable) else KeyboardInterrupt
    with pytest.raises(kind) as caught:
        host.run(example.module, example.then)
    assert (host.kernel(), host.records()) == (kernel, records)
    if isinstance(caught.value, Refused):
        assert str(caught.value) == "no space left (everything done before was undone)"
        assert caught.value.undone
        assert caught.value.not_undone == []


@each_module
def test_an_undoing_that_fails_too_is_told(
    host: Host, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: Any) -> None:
        example.refuse(host)
        host.ipvs.unreachable = True
        host.settings.break_down(1)
        raise Unavailable("no space left")

    monkeypatch.setattr(host.store, "write", fail)
    with pytest.raises(Refused) as caught:
        host.run(example.module, example.first)
    assert str(caught.value).startswith("no space left; taking the changes back failed too: ")
    assert caught.value.not_undone


@each_module
@pytest.mark.parametrize(
    "content",
    [
        "",
        "garbage",
        '{"format": 1, "resou',
        '{"format": 9}',
        '{"format": 1, "resources": [{"colour": "red"}]}',
    ],
)
def test_a_broken_record_stops_a_task_before_it_touches_the_kernel(
    host: Host, example: Example, content: str
) -> None:
    host.run(example.module, example.first)
    kernel = host.kernel()
    Path(host.store.directory, example.record).write_text(content)
    with pytest.raises(BrokenRecord) as caught:
        host.run(example.module, example.then)
    assert "\n" not in str(caught.value)
    assert example.record in str(caught.value)
    assert host.kernel() == kernel
    assert host.records() == {example.record: content}


def full(*_arguments: Any) -> None:
    raise Unavailable("no space left")


def only(host: Host) -> List[str]:
    """Return the recorded entries as lines."""
    return [line.strip() for line in host.command("show").out if line.startswith(" ")]


def test_absent_and_purge_remove_from_the_record_what_they_remove_from_the_kernel(
    host: Host,
) -> None:
    mail = {"address": "192.0.2.2", "port": 25}
    far = {"address": "198.51.100.1", "port": 25}
    host.run("ipvs_service", {"config": [WEB, mail, far]})
    host.run("ipvs_service", {"config": [dict(WEB, state="absent")]})
    assert only(host) == ["tcp 192.0.2.2:25 scheduler wlc", "tcp 198.51.100.1:25 scheduler wlc"]
    host.run("ipvs_service", {"config": [], "purge": True, "purge_scope": ["192.0.2.0/24"]})
    assert only(host) == ["tcp 198.51.100.1:25 scheduler wlc"]


def test_a_drained_server_stays_drained_after_a_reboot(host: Host) -> None:
    host.run("ipvs_service", dict(WEB, servers=[server(1, weight=4), server(2)]))
    host.run("ipvs_server", dict(server(1), service=WEB, state="drained"))
    kernel = host.kernel()
    host.reboot()
    assert host.command("apply").status == 0
    assert host.kernel() == kernel
    assert "tcp 192.0.2.1:80 to 10.0.0.1:80 masquerade weight 0" in only(host)


def test_a_server_that_a_drain_keeps_is_recorded_with_weight_0(host: Host) -> None:
    host.run("ipvs_service", dict(WEB, servers=[server(1, weight=4)]))
    host.ipvs.set_connections(b"\x0a\x00\x00\x01", 80, 7)
    task = {"state": "absent", "drain": True, "drain_timeout": 1, "on_timeout": "keep"}
    host.run("ipvs_server", dict(task, address="10.0.0.1", service=WEB))
    assert "tcp 192.0.2.1:80 to 10.0.0.1:80 masquerade weight 0" in only(host)


def test_a_broken_record_stops_a_drain_before_it_begins(host: Host) -> None:
    host.run("ipvs_service", dict(WEB, servers=[server(1)]))
    Path(host.store.directory, "ipvs.json").write_text("")
    kernel = host.kernel()
    with pytest.raises(BrokenRecord):
        host.run("ipvs_server", {"address": "10.0.0.1", "service": WEB, "state": "drained"})
    assert host.kernel() == kernel


def test_a_drain_that_cannot_be_recorded_puts_the_weight_back(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.run("ipvs_service", dict(WEB, servers=[server(1, weight=4)]))
    kernel = host.kernel()
    monkeypatch.setattr(host.store, "write", full)
    with pytest.raises(Refused):
        host.run("ipvs_server", {"address": "10.0.0.1", "service": WEB, "state": "drained"})
    assert host.kernel() == kernel


def test_a_servers_service_is_recorded_with_it_when_it_is_in_the_kernel_only(host: Host) -> None:
    host.run("ipvs_service", dict(WEB, scheduler="rr", servers=[server(9)]), persist=False)
    host.run("ipvs_server", dict(server(1), service=WEB))
    assert only(host) == [
        "tcp 192.0.2.1:80 scheduler rr",
        "tcp 192.0.2.1:80 to 10.0.0.1:80 masquerade weight 1",
    ]
    assert host.command("check") == (0, [], [])


def test_a_server_is_not_recorded_alone_when_its_service_is_nowhere(host: Host) -> None:
    with pytest.raises(InvalidInput, match="its virtual service does not exist"):
        host.run("ipvs_server", dict(server(1), service=WEB), runtime=False)
    assert host.records() == {}


def test_a_server_of_a_mark_is_recorded_with_the_port_it_has(host: Host) -> None:
    mark = {"fwmark": 7}
    host.run("ipvs_service", dict(mark, servers=[server(1, port=8080)]), persist=False)
    host.run("ipvs_server", dict(server(1, weight=3), service=mark))
    assert "fwmark 7 ipv4 to 10.0.0.1:8080 masquerade weight 3" in only(host)
    assert host.command("check") == (0, [], [])


def test_a_mark_s_list_of_servers_is_recorded_with_the_ports_they_have(host: Host) -> None:
    mark = {"fwmark": 7}
    host.run("ipvs_service", dict(mark, servers=[server(1, port=8080)]), persist=False)
    host.run("ipvs_service", dict(mark, servers=[server(1)]))
    assert "fwmark 7 ipv4 to 10.0.0.1:8080 masquerade weight 1" in only(host)
    assert host.command("check") == (0, [], [])


def test_a_list_of_servers_stays_complete_when_the_service_is_declared_without_one(
    host: Host,
) -> None:
    host.run("ipvs_service", dict(WEB, servers=[server(1)]))
    host.run("ipvs_service", dict(WEB, scheduler="rr"))
    assert only(host) == [
        "tcp 192.0.2.1:80 scheduler rr with these servers only",
        "tcp 192.0.2.1:80 to 10.0.0.1:80 masquerade weight 1",
    ]


def test_settings_are_merged_field_by_field(host: Host) -> None:
    host.run("ipvs_settings", {"sync_master": {"interface": "eth0", "sync_id": 7}})
    host.run("ipvs_settings", {"sync_master": {"interface": "eth1"}, "conn_reuse_mode": "auto"})
    assert only(host) == [
        'conn_reuse_mode "auto"',
        'sync_master {"interface": "eth1", "state": "present", "sync_id": 7}',
    ]
    host.run("ipvs_settings", {"sync_master": {"state": "absent"}})
    host.run("ipvs_settings", {"sync_master": {"interface": "eth1"}})
    assert 'sync_master {"interface": "eth1", "state": "present"}' in only(host)


def test_a_group_of_another_family_forgets_a_length_that_may_not_fit_it(host: Host) -> None:
    daemon = {"interface": "eth0", "max_length": 65507, "multicast_group": "224.0.0.90"}
    host.run("ipvs_settings", {"sync_backup": daemon}, runtime=False)
    other = {"interface": "eth0", "multicast_group": "ff02::90"}
    host.run("ipvs_settings", {"sync_backup": other}, runtime=False)
    assert "max_length" not in only(host)[0]
    assert host.command("show").status == 0


def test_an_address_has_one_prefix_length_in_a_record(host: Host) -> None:
    host.run("vip", {"address": "192.0.2.1/24", "interface": "eth0"})
    with pytest.raises(EdgeError, match="is there already with prefix length 24"):
        host.run("vip", {"address": "192.0.2.1/32", "interface": "eth0"})
    host.reboot()
    host.run("vip", {"address": "192.0.2.1/32", "interface": "eth0", "nodad": None})
    assert only(host) == ["192.0.2.1/32 dev eth0"]
    host.run("vip", {"address": "192.0.2.1/24", "interface": "eth0", "state": "absent"}, False)
    assert only(host) == ["192.0.2.1/32 dev eth0"]


def test_an_address_that_is_not_taken_is_not_recorded_either(host: Host) -> None:
    host.run("vip", {"config": [{"address": "192.0.2.1", "interface": "eth0"}]})
    both = [
        {"address": "192.0.2.1", "interface": "eth0", "preferred_lifetime": 0},
        {"address": "192.0.2.2", "interface": "eth0"},
    ]
    host.run("vip", {"config": both, "take": False})
    assert only(host) == ["192.0.2.1/32 dev eth0 preferred_lft 0"]
    assert host.command("check") == (0, [], [])


def test_the_manner_of_taking_an_address_is_recorded(host: Host) -> None:
    task = {"address": "192.0.2.1", "interface": "eth0", "duplicate_detection": False}
    host.run("vip", task)
    host.reboot()
    assert host.command("apply").status == 0
    assert host.links.asked == []


def test_nothing_is_recorded_for_callers_that_do_not_ask_for_it(host: Host) -> None:
    host.run("ipvs_service", dict(WEB, persist=None))
    assert host.records() == {}
