# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: its order, its exit statuses, and that a broken record blocks no other."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import ServiceId, service_of
from ansible_collections.sluice.edge.plugins.module_utils._kernel.termination import Terminated
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName, Store
from ansible_collections.sluice.edge.plugins.module_utils._state import records
from ansible_collections.sluice.edge.plugins.module_utils._state.kinds import KINDS
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.unit.state.host import Host

DNAT = RecordName("dnat")
CHECKOUT = Path(__file__).resolve().parents[3]

WEB: Dict[str, Any] = {"address": "192.0.2.1", "port": 80}
MODULES = [("ipvs_service", "ipvs"), ("dnat_profile", "dnat"), ("vip", "vip")]
WWW: Dict[str, Any] = {
    "name": "www",
    "address": "192.0.2.2",
    "port": 80,
    "destinations": [{"address": "10.0.0.1"}],
}
BROKEN = {
    "empty": ("", "is empty"),
    "truncated": ('{"format": 1, "resources": [\n{"addr', "is truncated after 35 characters"),
    "garbage": ("\x7fELF", "is not JSON"),
    "newer": ('{"format": 2}', "has the newer format 2"),
    "wrong": ('{"format": 1, "resources": [{"port": 80}]}', "is wrong: resources[0]: address"),
}


@pytest.fixture
def edge(host: Host) -> Host:
    """A host with a record of each kind."""
    host.run("ipvs_settings", {"ip_forward": True})
    host.run("ipvs_service", dict(WEB, servers=[{"address": "10.0.0.1"}]))
    host.run("dnat_profile", WWW)
    host.run("vip", {"config": [{"address": "192.0.2.1", "interface": "eth0"}]})
    return host


def test_settings_come_first_and_addresses_last() -> None:
    assert [kind.name for kind in KINDS] == ["settings", "ipvs", "dnat", "dnat-iptables", "vip"]


def test_apply_says_what_it_does_in_its_order(edge: Host) -> None:
    edge.reboot()
    assert edge.command("apply") == (
        0,
        [
            "settings: change sysctl net.ipv4.ip_forward",
            "ipvs: create virtual service tcp 192.0.2.1:80",
            "ipvs: create real server 10.0.0.1:80 of tcp 192.0.2.1:80",
            "dnat: change sysctl net.ipv4.ip_forward",
            "dnat: create table inet sluice",
            "dnat: create dnat profile www",
            "vip: create virtual address 192.0.2.1/32 on eth0",
        ],
        [],
    )


def test_apply_of_one_kind_leaves_the_others(edge: Host) -> None:
    edge.reboot()
    said = edge.command("apply", "--kind", "vip")
    assert said.out == ["vip: create virtual address 192.0.2.1/32 on eth0"]


def test_nothing_recorded_is_nothing_to_do(host: Host) -> None:
    for command in ("show", "check", "apply", "withdraw"):
        assert host.command(command) == (0, [], [])
    assert host.command("export") == (0, ["{}"], [])


def test_withdraw_takes_addresses_then_services_and_keeps_the_records(edge: Host) -> None:
    before = edge.records()
    assert edge.command("withdraw") == (
        0,
        [
            "vip: delete virtual address 192.0.2.1/32 on eth0",
            "dnat: delete table inet sluice",
            "dnat: delete dnat profile www",
            "ipvs: delete real server 10.0.0.1:80 of tcp 192.0.2.1:80",
            "ipvs: delete virtual service tcp 192.0.2.1:80",
        ],
        [],
    )
    assert edge.records() == before
    assert edge.command("apply").status == 0
    assert edge.command("check").status == 0


def test_check_reports_drift_and_changes_nothing(edge: Host) -> None:
    assert edge.command("check") == (0, [], [])
    edge.run("vip", {"address": "192.0.2.1", "interface": "eth0", "state": "absent"}, persist=False)
    other = {"address": "10.0.0.9", "service": WEB}
    edge.run("ipvs_server", other, persist=False)
    kernel = edge.kernel()
    assert edge.command("check") == (
        1,
        [
            "ipvs: delete real server 10.0.0.9:80 of tcp 192.0.2.1:80",
            "vip: create virtual address 192.0.2.1/32 on eth0",
        ],
        [],
    )
    assert edge.kernel() == kernel


def test_what_is_not_recorded_is_no_drift_and_stays(edge: Host) -> None:
    edge.run("ipvs_service", {"address": "192.0.2.9", "port": 80}, persist=False)
    edge.run("vip", {"address": "192.0.2.9", "interface": "eth0"}, persist=False)
    kernel = edge.kernel()
    assert edge.command("check") == (0, [], [])
    assert edge.command("apply") == (0, [], [])
    assert edge.kernel() == kernel


def test_other_servers_of_a_service_without_a_list_are_no_drift(host: Host) -> None:
    host.run("ipvs_service", WEB)
    host.run("ipvs_server", {"address": "10.0.0.1", "service": WEB})
    host.run("ipvs_server", {"address": "10.0.0.2", "service": WEB}, persist=False)
    assert host.command("check") == (0, [], [])


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("broken", ["settings", "ipvs", "dnat", "vip"])
def test_a_broken_record_is_named_and_the_others_are_applied(
    edge: Host, case: str, broken: str
) -> None:
    text, reason = BROKEN[case]
    if case == "wrong" and broken == "settings":
        reason = "is wrong: resources[0]: unknown option 'port'"
    elif case == "wrong" and broken == "vip":
        reason = "is wrong: config[0]: unknown option 'port'"
    elif case == "wrong" and broken == "dnat":
        reason = "is wrong: config[0]: name is required"
    path = Path(edge.store.directory, broken + ".json")
    path.write_text(text)
    edge.reboot()
    said = edge.command("apply")
    assert said.status == 1
    (line,) = said.err
    assert line.startswith("sluice-state: the record %s %s" % (path, reason))
    applied = {line.partition(":")[0] for line in said.out}
    assert applied == {"settings", "ipvs", "dnat", "vip"} - {broken}
    assert path.read_text() == text
    assert edge.command("check").status == 2
    assert edge.command("show").status == 1
    assert edge.command("export").status == 1


def test_all_ways_to_be_broken_at_once_are_named_and_the_others_are_applied(edge: Host) -> None:
    folder = Path(edge.store.directory)
    cases = [("ipvs@a", "garbage"), ("dnat@a", "empty"), ("vip@a", "truncated"), ("vip@b", "newer")]
    texts = {name: BROKEN[case][0] for name, case in cases}
    for name, text in texts.items():
        (folder / (name + ".json")).write_text(text)
    (folder / "dnat@b.json").write_bytes(b"\xff\xfe\x00")
    (folder / "vip@c.json").mkdir()
    edge.reboot()
    said = edge.command("apply")
    assert said.status == 1
    named = {line.partition(".json")[0].rpartition("/")[2]: line for line in said.err}
    assert sorted(named) == sorted([*texts, "dnat@b", "vip@c"])
    for name, case in cases:
        assert ".json %s" % BROKEN[case][1] in named[name]
    assert "is not UTF-8 text" in named["dnat@b"]
    assert "Is a directory" in named["vip@c"]
    assert all(line.startswith("sluice-state: ") for line in said.err)
    assert {line.partition(":")[0] for line in said.out} == {"settings", "ipvs", "dnat", "vip"}
    assert edge.command("check").status == 2


def test_a_record_of_a_kind_of_a_later_version_is_named(edge: Host) -> None:
    path = Path(edge.store.directory, "quic.json")
    path.write_text("{}")
    said = edge.command("check")
    assert said == (
        2,
        [],
        [
            "sluice-state: the record %s is of no kind that this version knows (settings, ipvs, "
            "dnat, dnat-iptables, vip): upgrade, or remove it" % path
        ],
    )


def test_an_entry_that_cannot_be_applied_does_not_block_the_others_of_its_record(
    host: Host,
) -> None:
    names = ["192.0.2.%d" % number for number in range(1, 8)]
    config = [{"address": name, "interface": "eth0"} for name in names]
    config[2]["interface"] = "eth7"
    host.run("vip", {"config": config}, runtime=False)
    host.links.held["eth0", parse_address("192.0.2.6")] = b"\2\0\0\0\0\x99"
    said = host.command("apply")
    assert said.status == 1
    assert len(said.out) == 5
    assert [name for name in ("192.0.2.3 on eth7", "192.0.2.6") if name in str(said.err)] == [
        "192.0.2.3 on eth7",
        "192.0.2.6",
    ]
    assert len(said.err) == 2
    assert host.command("check").status == 2


def test_a_service_that_the_kernel_refuses_keeps_no_other_from_its_complete_list(
    host: Host,
) -> None:
    lists = [[{"address": "10.0.%d.%d" % (port, last)} for last in (1, 2)] for port in range(5)]
    config: List[Dict[str, Any]] = [
        {"address": "192.0.2.1", "port": 80 + place, "servers": servers}
        for place, servers in enumerate(lists)
    ]
    config[2]["scheduler"] = "mh"
    host.run("ipvs_service", {"config": config})
    single = {"address": "192.0.2.2", "port": 80}
    host.run("ipvs_service", single)
    host.run("ipvs_server", {"address": "10.0.9.1", "service": single})
    whole = IpvsDriver(host.ipvs).read()
    host.reboot()
    host.ipvs = FakeIpvs(schedulers=("wlc",))
    said = host.command("apply")
    assert said.status == 1
    (line,) = said.err
    assert "mh" in line
    refused = ServiceId("ipv4", "tcp", parse_address("192.0.2.1"), 82, 0)
    left = {key: entry for key, entry in whole.items() if service_of(entry) != refused}
    assert len(left) == len(whole) - 3
    assert IpvsDriver(host.ipvs).read() == left


def test_a_setting_that_the_kernel_does_not_have_blocks_no_other(host: Host) -> None:
    daemon = {"interface": "eth1"}
    host.run("ipvs_settings", {"conntrack": True, "sync_master": daemon, "timeouts": {"tcp": 60}})
    before = host.settings.snapshot()
    host.reboot()
    del host.settings.interfaces["eth1"]
    said = host.command("apply")
    assert (said.status, len(said.out)) == (1, 2)
    (line,) = said.err
    assert line.startswith("sluice-state: settings: sync_master: interface eth1 does not exist")
    assert host.settings.snapshot()[0] == before[0]


def test_settings_that_cannot_be_read_at_all_are_said_once(host: Host) -> None:
    host.run("ipvs_settings", {"timeouts": {"tcp": 60}, "sync_master": {"interface": "eth0"}})
    host.settings.get = host.settings.dump = _broken  # type: ignore[method-assign,assignment]
    said = host.command("apply")
    assert (said.status, len(said.err)) == (1, 1)


def _broken(_request: bytes) -> Any:
    raise OSError(105, os.strerror(105))


def test_what_the_host_lacks_is_said_once(edge: Host) -> None:
    edge.reboot()
    edge.ipvs.unreachable = True
    said = edge.command("apply")
    assert {line.partition(":")[0] for line in said.out} == {"settings", "dnat", "vip"}
    assert len(said.err) == 1


def test_a_network_namespace_that_does_not_exist_is_named(host: Host) -> None:
    task = {"address": "192.0.2.1", "interface": "eth0", "netns": "no-such-namespace"}
    host.run("vip", task, runtime=False)
    said = host.command("apply")
    assert (said.status, said.out) == (1, [])
    (line,) = said.err
    assert line.startswith("sluice-state: vip@no-such-namespace: network namespace 'no-such-")


def test_a_signal_is_not_taken_for_a_wrong_entry(
    edge: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def is_vip(name: RecordName) -> bool:
        return name.kind == "vip"

    def ended(_entries: Any, _check: bool) -> Any:
        calls.append(1)
        try:
            raise Terminated("the task was ended by SIGTERM")
        except Terminated as error:
            raise Refused(str(error)) from None

    (found,), _problems = records.read_records(edge.store, KINDS, is_vip)
    tools = found.tools._replace(restore=ended)
    found = found._replace(tools=tools, entries=found.entries * 4)
    with pytest.raises(Refused, match="SIGTERM"):
        records.restore(found, check=False)
    assert calls == [1]


def test_show_has_a_line_for_each_entry(edge: Host) -> None:
    assert edge.command("show", "--kind", "ipvs").out == [
        "ipvs: 2 entries",
        "  tcp 192.0.2.1:80 scheduler wlc with these servers only",
        "  tcp 192.0.2.1:80 to 10.0.0.1:80 direct weight 1",
    ]


def test_export_is_what_modules_take_and_equal_for_equal_records(
    edge: Host, tmp_path: Path
) -> None:
    said = edge.command("export")
    exported = json.loads("\n".join(said.out))
    for module, kind in MODULES:
        assert not edge.run(module, {"config": exported[kind]})["changed"]
    edge.store.directory = str(tmp_path / "other")
    for module, kind in reversed(MODULES):
        edge.run(module, {"config": list(reversed(exported[kind]))}, runtime=False)
    for options in exported["settings"]:
        edge.run("ipvs_settings", options, runtime=False)
    assert edge.command("export") == said


@pytest.mark.parametrize("words", [[], ["frobnicate"], ["apply", "--kind", "cloud"]])
def test_wrong_use_is_told_and_ends_with_2(words: list, capsys: pytest.CaptureFixture[str]) -> None:
    from ansible_collections.sluice.edge.plugins.module_utils._state.command import main

    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "usage: sluice-state" in capsys.readouterr().err


def test_the_unit_starts_the_command_and_shows_its_status() -> None:
    unit = CHECKOUT / "roles" / "director" / "files" / "sluice-state.service"
    lines = unit.read_text(encoding="utf-8").splitlines()
    assert "ExecStart=/usr/sbin/sluice-state apply" in lines
    assert "NotifyAccess=main" in lines


def test_forgotten_entries_do_not_come_back_and_stay_in_the_kernel_until_then(edge: Host) -> None:
    kernel = edge.kernel()
    assert edge.command("forget", "vip", "virtual address 192.0.2.1/32 on eth0") == (
        0,
        ["record: delete virtual address 192.0.2.1/32 on eth0"],
        [],
    )
    assert edge.kernel() == kernel
    assert edge.command("check") == (0, [], [])
    edge.reboot()
    assert "vip" not in {line.partition(":")[0] for line in edge.command("apply").out}


def test_a_service_is_forgotten_with_its_servers(host: Host) -> None:
    for port in (80, 443):
        service = dict(WEB, port=port)
        host.run("ipvs_service", service)
        host.run("ipvs_server", {"address": "10.0.0.1", "service": service})
    said = host.command("forget", "ipvs", "tcp 192.0.2.1:80 scheduler wlc")
    assert said.out == [
        "record: delete virtual service tcp 192.0.2.1:80",
        "record: delete real server 10.0.0.1:80 of tcp 192.0.2.1:80",
    ]
    assert len(host.command("show").out) == 3
    assert host.command("check") == (0, [], [])


def test_a_name_that_is_not_recorded_forgets_nothing(edge: Host) -> None:
    before = edge.records()
    said = edge.command("forget", "dnat", "dnat profile www", "dnat profile ww")
    assert (said.status, said.out) == (1, [])
    assert said.err == ["sluice-state: dnat: nothing recorded is called 'dnat profile ww'"]
    assert edge.command("forget", "dnat@edge", "dnat profile www").status == 1
    assert edge.records() == before


def test_apply_tells_the_service_manager_what_is_wrong(
    edge: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        edge.command("apply")
        assert manager.recv(4096) == b"STATUS=the kernel is as recorded"
        for name in ("vip", "dnat"):
            Path(edge.store.directory, name + ".json").write_text("")
        edge.command("apply")
        told = manager.recv(4096).decode()
        assert told.startswith("STATUS=the record %s is empty: " % edge.store.path(DNAT))
        assert told.endswith(" (and 1 more, see the journal)")
    os.unlink(str(tmp_path / "notify"))
    assert edge.command("apply").status == 1, "nobody listens, and nothing else is different"


def test_the_engine_of_a_kind_without_a_record_is_not_loaded(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with store.sole_writer(DNAT):
        store.write(DNAT, [])
    script = (
        "import sys; from ansible_collections.sluice.edge.plugins.module_utils._state.command "
        "import main; main(['--records', %r, 'apply']); "
        "print(*sorted({name.split('.')[5] for name in sys.modules if '.module_utils._' in name}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script % str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
    )
    assert "_dnat" in done.stdout.split()
    assert not {"_ipvs", "_vip"} & set(done.stdout.split())
