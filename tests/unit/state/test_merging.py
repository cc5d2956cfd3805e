# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After any tasks in a row, the records hold what the kernel has."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._dnat import record as dnat_record
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.backend import (
    NftablesBackend,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs import record as services_record
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._record.store import RecordName
from ansible_collections.sluice.edge.plugins.module_utils._vip import record as vip_record
from ansible_collections.sluice.edge.tests.unit.state.host import Host, fake_host

Params = Dict[str, Any]
Task = Tuple[str, Params]

SERVICES: List[Params] = [
    {"address": "192.0.2.1", "port": 80},
    {"address": "192.0.2.129", "port": 80},
    {"address": "2001:db8::1", "port": 53, "protocol": "udp"},
    {"fwmark": 7},
]
SCOPES = [None, ["192.0.2.0/25"], ["192.0.2.0/24"]]


def family_of(service: Params) -> str:
    return "2001:db8:1::%d" if ":" in service.get("address", "") else "10.0.0.%d"


@st.composite
def servers(draw: st.DrawFn, service: Params) -> Params:
    options: Params = {
        "address": family_of(service) % draw(st.integers(1, 3)),
        "forward_method": "masquerade",
        "weight": draw(st.integers(0, 2)),
        "upper_threshold": draw(st.sampled_from([0, 9])),
    }
    port = draw(st.sampled_from([None, 8080]))
    return options if port is None else dict(options, port=port)


def server_lists(service: Params) -> st.SearchStrategy[List[Params]]:
    return st.lists(servers(service), max_size=3, unique_by=lambda each: each["address"])


@st.composite
def services_tasks(draw: st.DrawFn) -> Task:
    config = []
    for service in draw(st.lists(st.sampled_from(SERVICES), max_size=3, unique_by=repr)):
        entry = dict(service)
        if draw(st.integers(0, 3)) == 0:
            config.append(dict(entry, state="absent"))
            continue
        entry["scheduler"] = draw(st.sampled_from(["rr", "wlc"]))
        entry["persistence"] = draw(st.sampled_from([0, 300]))
        if draw(st.booleans()):
            entry["servers"] = draw(server_lists(service))
        config.append(entry)
    return "ipvs_service", dict({"config": config}, **draw(purges()))


@st.composite
def servers_tasks(draw: st.DrawFn) -> Task:
    service = draw(st.sampled_from(SERVICES))
    config = []
    for entry in draw(server_lists(service)):
        state = draw(st.sampled_from(["present", "present", "absent", "drained"]))
        if state != "present":
            entry = {name: entry[name] for name in ("address", "port") if name in entry}
        config.append(dict(entry, state=state))
    purge = draw(st.booleans())
    task = {"service": service, "config": config, "purge": purge, "expire_persistence": False}
    return "ipvs_server", task


@st.composite
def purges(draw: st.DrawFn) -> Params:
    if draw(st.integers(0, 2)):
        return {}
    return {"purge": True, "purge_scope": draw(st.sampled_from(SCOPES))}


@st.composite
def vip_tasks(draw: st.DrawFn) -> Task:
    numbers = st.lists(st.integers(1, 200), max_size=4, unique=True)
    config = []
    for number in draw(numbers):
        state = draw(st.sampled_from(["present", "present", "absent"]))
        prefix = 24 if number % 3 == 0 else 32
        address = "192.0.2.%d/%d" % (number, prefix)
        entry = {"address": address, "interface": "eth0", "state": state}
        if draw(st.booleans()):
            entry["label"] = "eth0:x"
        config.append(entry)
    params: Params = {"config": config, **draw(purges())}
    if params.get("purge") and not params["purge_scope"]:
        params["purge_scope"] = SCOPES[-1]
    return "vip", params


@st.composite
def profiles_tasks(draw: st.DrawFn) -> Task:
    config: List[Params] = []
    for name in draw(st.lists(st.sampled_from("abcd"), max_size=3, unique=True)):
        if draw(st.integers(0, 3)) == 0:
            config.append({"name": name, "state": "absent"})
            continue
        # Some clash: a and c ask for the same address.
        entry = {"name": name, "address": "192.0.2.%d" % (200 + ord(name) % 2), "port": 80}
        # What other sides need, forwarding, stays when the profiles go.
        entry["side"] = "client"
        entry["destinations"] = [{"address": "10.0.0.%d" % draw(st.integers(1, 3))}]
        entry["flush"] = draw(st.sampled_from(["udp", "all"]))
        config.append(entry)
    purge = draw(st.booleans())
    ignore = ["d"] if purge and draw(st.booleans()) else []
    return "dnat_profile", {"config": config, "purge": purge, "purge_ignore": ignore}


TASKS = st.lists(
    st.one_of(services_tasks(), servers_tasks(), profiles_tasks(), vip_tasks()), max_size=6
)


@contextmanager
def fresh_host() -> Iterator[Host]:
    """Yield a new host for one example: a fixture would be shared by all of them."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        yield stack.enter_context(fake_host(patch, Path(folder)))


def run_all(host: Host, tasks: List[Task], **parts: bool) -> None:
    for module, params in tasks:
        kernel, records = host.kernel(), host.records()
        try:
            host.run(module, params, **parts)
        except InvalidInput:
            assert (host.kernel(), host.records()) == (kernel, records)


def recorded(host: Host) -> Dict[Any, Any]:
    entries = services_record.FORM.entries(host.store, RecordName("ipvs"))
    return services_record.plain(entries)


@given(TASKS)
def test_the_record_after_any_tasks_is_what_the_kernel_has(tasks: List[Task]) -> None:
    with fresh_host() as host:
        run_all(host, tasks)
        assert recorded(host) == IpvsDriver(host.ipvs).read()
        profiles = dnat_record.form_of("nftables").entries(host.store, RecordName("dnat"))
        assert sorted(each.profile for each in profiles.values()) == sorted(
            NftablesBackend(host.tables).read()[1]
        )
        addresses = vip_record.FORM.entries(host.store, RecordName("vip")).values()
        assert {"%s/%d" % (str(each.entry.address), each.entry.prefix) for each in addresses} == {
            "%s/%d" % (str(each.address), each.prefix)
            for each in host.links.table
            if each.interface == "eth0"
        }
        assert host.command("check") == (0, [], [])


@given(TASKS)
def test_a_reboot_and_apply_give_back_what_there_was(tasks: List[Task]) -> None:
    with fresh_host() as host:
        run_all(host, tasks)
        kernel, exported = host.kernel(), host.command("export")
        host.reboot()
        applied = host.command("apply")
        assert (applied.status, applied.err) == (0, [])
        assert host.kernel() == kernel
        assert host.command("export") == exported
        assert host.command("apply") == (0, [], [])


@given(TASKS, TASKS)
def test_recording_alone_and_applying_is_what_running_is(
    tasks: List[Task], more: List[Task]
) -> None:
    """Without drains and tasks that need the kernel, which cannot be recorded alone."""
    plain = [task for task in tasks + more if task[0] != "ipvs_server"]
    with fresh_host() as host:
        run_all(host, plain)
        done, records = host.kernel(), host.records()
    with fresh_host() as host:
        run_all(host, plain, runtime=False)
        assert host.command("apply").status == 0
        assert (host.kernel(), host.records()) == (done, records)
