# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that drain, on a fake kernel: what they change, when they wait, what they put back."""

from __future__ import annotations

import errno
import os
import signal
from typing import Any, Callable, Dict, Iterator, List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import Plan
from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import Operation
from ansible_collections.sluice.edge.plugins.module_utils._converge.runner import Outcome
from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs import servers
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.settings.model import Sysctl
from ansible_collections.sluice.edge.tests.contract.kernels import IpvsUnderTest, fake_ipvs
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs

SERVICE = {"address": "192.0.2.1", "port": 80}
FIRST, SECOND = "198.51.100.1", "198.51.100.2"


class Director:
    """A fake director with one service and two servers, and a clock that ends connections."""

    def __init__(self, ipvs: IpvsUnderTest, fake: FakeIpvs) -> None:
        self.ipvs = ipvs
        self.fake = fake
        self.now = 0.0
        self.pauses = 0
        self.at_pause: Callable[[], None] = lambda: None

    def declare(self, persistence: int = 0) -> None:
        entries = [
            {"address": each, "forward_method": "m", "weight": 5} for each in (FIRST, SECOND)
        ]
        params = dict(SERVICE, persistence=persistence, servers=entries)
        self.ipvs.run("services", params)

    def connect(self, count: int) -> None:
        self.fake.set_connections(parse_address(FIRST).packed, 80, count)

    def run(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        declared = dict({"service": SERVICE, "address": FIRST}, **params)
        return servers.converge_servers(declared, check, True, Clock(self._tell, self._pause))

    def weights(self) -> Dict[str, int]:
        return {
            str(entry.key.address): entry.weight
            for entry in self.ipvs.read().values()
            if hasattr(entry, "weight")
        }

    def _tell(self) -> float:
        return self.now

    def _pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses += 1
        self.at_pause()


@pytest.fixture
def director(monkeypatch: pytest.MonkeyPatch) -> Iterator[Director]:
    fake = FakeIpvs()
    with fake_ipvs(monkeypatch, fake) as ipvs:
        made = Director(ipvs, fake)
        made.declare()
        yield made


def test_drained_sets_weight_0_and_waits_until_the_connections_are_gone(director: Director) -> None:
    director.connect(3)
    director.at_pause = lambda: director.connect(max(0, 3 - director.pauses))
    result = director.run(state="drained")
    assert result["changed"]
    assert director.weights() == {FIRST: 0, SECOND: 5}
    (drained,) = result["drained"]
    assert (drained["connections_before"], drained["connections_after"]) == (3, 0)
    assert director.pauses == 3


def test_draining_what_is_drained_changes_nothing_and_returns_at_once(director: Director) -> None:
    director.run(state="drained")
    result = director.run(state="drained")
    assert (result["changed"], director.pauses) == (False, 0)


@pytest.mark.parametrize("params", [{"state": "drained"}, {"state": "absent", "drain": True}])
def test_draining_what_is_absent_changes_nothing_and_returns_at_once(
    director: Director, params: Dict[str, Any]
) -> None:
    result = director.run(address="198.51.100.9", **params)
    assert (result["changed"], result["drained"], director.pauses) == (False, [], 0)


def test_drained_leaves_everything_but_the_weight_as_it_is(director: Director) -> None:
    director.run(forward_method="tunnel", upper_threshold=9, weight=3)
    before = director.ipvs.read()
    director.run(state="drained")
    after = director.ipvs.read()
    changed = [key for key in before if before[key] != after[key]]
    assert [after[key] for key in changed] == [before[key]._replace(weight=0) for key in changed]


def test_a_server_with_weight_0_and_connections_is_waited_for_though_nothing_changes(
    director: Director,
) -> None:
    director.run(state="drained")
    director.connect(1)
    director.at_pause = lambda: director.connect(0)
    result = director.run(state="drained")
    assert (result["changed"], director.pauses) == (False, 1)


@pytest.mark.parametrize("state", ["drained", "absent"])
def test_check_mode_predicts_and_never_waits(director: Director, state: str) -> None:
    director.connect(3)
    before = director.ipvs.read()
    predicted = director.run(check=True, state=state, drain=True)
    assert (director.ipvs.read(), director.pauses) == (before, 0)
    director.at_pause = lambda: director.connect(0)
    assert director.run(state=state, drain=True)["diff"] == predicted["diff"]


def test_absent_with_drain_removes_the_server_after_its_connections_ended(
    director: Director,
) -> None:
    director.connect(2)
    seen: List[Dict[str, int]] = []

    def end_connections() -> None:
        seen.append(director.weights())
        director.connect(0)

    director.at_pause = end_connections
    result = director.run(state="absent", drain=True)
    assert seen == [{FIRST: 0, SECOND: 5}]
    assert director.weights() == {SECOND: 5}
    assert result["operations"] == ["delete real server %s:80 of tcp 192.0.2.1:80" % FIRST]


def test_absent_without_drain_does_not_wait(director: Director) -> None:
    director.connect(2)
    director.run(state="absent")
    assert (director.weights(), director.pauses) == ({SECOND: 5}, 0)


@pytest.mark.parametrize("state", ["drained", "absent"])
def test_on_timeout_fail_puts_the_weight_back_and_says_how_many_are_left(
    director: Director, state: str
) -> None:
    director.connect(7)
    before = director.ipvs.read()
    with pytest.raises(EdgeError) as caught:
        director.run(state=state, drain=True, drain_timeout=3, on_timeout="fail")
    assert director.ipvs.read() == before
    message = str(caught.value)
    assert message.startswith("real server %s:80 of tcp 192.0.2.1:80: 7 active" % FIRST)
    assert "every weight was put back" in message
    assert "\n" not in message


def test_a_drain_that_fails_tells_how_the_connections_fell_and_what_was_undone(
    director: Director,
) -> None:
    director.connect(7)
    director.at_pause = lambda: director.connect(4)
    with pytest.raises(EdgeError) as caught:
        director.run(state="drained", drain_timeout=3)
    result = caught.value.as_result()
    (drained,) = result["drained"]
    assert (drained["connections_before"], drained["connections_after"]) == (7, 4)
    assert result["undone"] == ["change real server %s:80 of tcp 192.0.2.1:80" % FIRST]
    assert result["not_undone"] == []


def test_a_weight_that_cannot_be_put_back_is_named(director: Director) -> None:
    director.connect(7)

    def lose_the_kernel() -> None:
        director.fake.fail_write(1, errno.EPERM)

    director.at_pause = lose_the_kernel
    with pytest.raises(EdgeError, match="NOT undone: change real server") as caught:
        director.run(state="drained", drain_timeout=1)
    assert len(caught.value.as_result()["not_undone"]) == 1


def test_on_timeout_force_removes_the_server_all_the_same(director: Director) -> None:
    director.connect(7)
    result = director.run(state="absent", drain=True, drain_timeout=3, on_timeout="force")
    assert director.weights() == {SECOND: 5}
    assert result["drained"][0]["timed_out"]


def test_on_timeout_keep_leaves_the_server_with_weight_0(director: Director) -> None:
    director.connect(7)
    result = director.run(state="absent", drain=True, drain_timeout=3, on_timeout="keep")
    assert director.weights() == {FIRST: 0, SECOND: 5}
    assert result["operations"] == ["change real server %s:80 of tcp 192.0.2.1:80" % FIRST]


def test_a_signal_while_it_waits_puts_the_weight_back(director: Director) -> None:
    director.connect(7)
    director.at_pause = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(EdgeError, match="SIGTERM"):
        director.run(state="drained")
    assert director.weights() == {FIRST: 5, SECOND: 5}


class Expiry:
    """Stands for net.ipv4.vs.expire_quiescent_template of the director."""

    def __init__(self) -> None:
        self.value = "0"
        self.reverted = False

    def expire(self, check: bool) -> Outcome[Any]:
        before = Sysctl("expire_quiescent_template", self.value)
        after = Sysctl("expire_quiescent_template", "1")
        steps = () if before == after else ((Operation(before, after),),)
        if not check:
            self.value = "1"
        return Outcome({}, Plan(steps))

    def revert(self, outcome: Outcome[Any]) -> Outcome[Any]:
        self.reverted = True
        return Outcome({}, Plan(tuple((step.inverse(),) for step in outcome.plan)))


@pytest.fixture
def expiry(monkeypatch: pytest.MonkeyPatch) -> Expiry:
    made = Expiry()
    monkeypatch.setattr(servers, "expire_quiescent_templates", made.expire)
    monkeypatch.setattr(servers, "revert_settings", made.revert)
    return made


def test_known_clients_of_a_persistent_service_are_sent_elsewhere(
    director: Director, expiry: Expiry
) -> None:
    director.declare(persistence=300)
    predicted = director.run(check=True, state="drained")
    assert expiry.value == "0"
    result = director.run(state="drained")
    assert expiry.value == "1"
    assert "expire_quiescent_template" in result["diff"]["after"]
    assert result["diff"] == predicted["diff"]
    assert not director.run(state="drained")["changed"]


def test_expire_persistence_false_leaves_the_sysctl_alone(
    director: Director, expiry: Expiry
) -> None:
    director.declare(persistence=300)
    director.run(state="drained", expire_persistence=False)
    assert expiry.value == "0"


def test_a_service_without_persistence_leaves_the_sysctl_alone(
    director: Director, expiry: Expiry
) -> None:
    director.run(state="drained")
    assert expiry.value == "0"


def test_a_failed_drain_of_a_persistent_service_takes_the_sysctl_back(
    director: Director, expiry: Expiry
) -> None:
    director.declare(persistence=300)
    director.connect(1)
    with pytest.raises(EdgeError):
        director.run(state="drained", drain_timeout=1)
    assert expiry.reverted


def test_a_removal_that_the_kernel_refuses_after_the_wait_puts_the_weight_back(
    director: Director, expiry: Expiry
) -> None:
    director.declare(persistence=300)
    director.connect(1)

    def end_connections_then_refuse() -> None:
        director.connect(0)
        director.fake.fail_write(1, errno.ENOMEM)

    director.at_pause = end_connections_then_refuse
    with pytest.raises(EdgeError, match=r"; the drain was undone$") as caught:
        director.run(state="absent", drain=True)
    assert director.weights() == {FIRST: 5, SECOND: 5}
    assert expiry.reverted
    assert caught.value.as_result()["undone"] == [
        "change real server %s:80 of tcp 192.0.2.1:80" % FIRST,
        "change sysctl net.ipv4.vs.expire_quiescent_template",
    ]


def test_a_drain_that_cannot_begin_takes_the_sysctl_back(
    director: Director, expiry: Expiry
) -> None:
    director.declare(persistence=300)
    director.fake.fail_write(1, errno.ENOMEM)
    with pytest.raises(EdgeError):
        director.run(state="drained")
    assert director.weights() == {FIRST: 5, SECOND: 5}
    assert expiry.reverted
