# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drain waits between its first change and its recording: what fails after the wait is undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    Refused,
    Unavailable,
)
from ansible_collections.sluice.edge.tests.unit.state.host import Host, Params

WEB: Params = {"address": "192.0.2.1", "port": 80, "persistence": 300}
SERVICE = {"address": "192.0.2.1", "port": 80}
BUSY = {"address": "10.0.0.1", "forward_method": "masquerade", "weight": 4}
EXPIRE = "net.ipv4.vs.expire_quiescent_template"
UNDONE = ["change real server 10.0.0.1:80 of tcp 192.0.2.1:80", "change sysctl " + EXPIRE]


@pytest.fixture
def busy(host: Host) -> Host:
    """A host with a persistent service, whose one server has connections during the first wait."""
    host.run("ipvs_service", dict(WEB, servers=[BUSY]))
    connections(host, 7)
    return host


def connections(host: Host, count: int) -> None:
    host.ipvs.set_connections(b"\x0a\x00\x00\x01", 80, count)


def drain(host: Host, **options: Any) -> Params:
    task = {"service": SERVICE, "address": "10.0.0.1", "state": "drained"}
    return host.run("ipvs_server", dict(task, **options))


@pytest.mark.parametrize("state", ["drained", "absent"])
def test_a_record_that_breaks_while_it_waits_is_named_and_everything_is_put_back(
    busy: Host, state: str
) -> None:
    kernel = busy.kernel()

    def end_connections_and_break() -> None:
        connections(busy, 0)
        Path(busy.store.directory, "ipvs.json").write_text("")

    busy.at_pause = end_connections_and_break
    with pytest.raises(Refused, match=r"ipvs\.json is empty: .*; the drain was undone$") as caught:
        drain(busy, state=state, drain=True)
    assert busy.kernel() == kernel
    assert (caught.value.undone, caught.value.not_undone) == (UNDONE, [])


@pytest.mark.parametrize("state", ["drained", "absent"])
def test_a_drain_that_cannot_be_recorded_puts_everything_back(
    busy: Host, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = busy.kernel()
    busy.at_pause = lambda: connections(busy, 0)
    monkeypatch.setattr(busy.store, "write", full)
    with pytest.raises(Refused, match=r"^no space left") as caught:
        drain(busy, state=state, drain=True)
    assert busy.kernel() == kernel
    assert set(UNDONE) <= {line.replace("create", "change") for line in caught.value.undone}
    assert caught.value.not_undone == []


def test_a_kernel_parameter_is_put_back_though_nothing_else_was_changed(
    busy: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections(busy, 0)
    quiet = dict(BUSY, weight=0, service=SERVICE)
    busy.run("ipvs_server", quiet, persist=False)
    kernel = busy.kernel()
    monkeypatch.setattr(busy.store, "write", full)
    with pytest.raises(Refused, match=r"^no space left; the drain was undone$") as caught:
        drain(busy)
    assert busy.kernel() == kernel
    assert caught.value.undone == ["change sysctl " + EXPIRE]


def test_what_cannot_be_put_back_is_named(busy: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    connections(busy, 0)

    def full_and_lost(*_arguments: Any) -> None:
        busy.ipvs.unreachable = True
        raise Unavailable("no space left")

    monkeypatch.setattr(busy.store, "write", full_and_lost)
    with pytest.raises(Refused, match=r"NOT undone: change real server 10.0.0.1:80") as caught:
        drain(busy)
    assert caught.value.not_undone
    assert "\n" not in str(caught.value)


def full(*_arguments: Any) -> None:
    raise Unavailable("no space left")
