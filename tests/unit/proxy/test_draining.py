# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that drain: what they change, when they wait, what they put back."""

from __future__ import annotations

import os
import signal
from typing import Any, Callable, Dict, List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock

FIRST, SECOND = "http://198.51.100.11:8080", "http://198.51.100.12:8080"
WWW = {"name": "www", "targets": [FIRST, {"url": SECOND, "weight": 5}]}
DRAIN = {"name": "www", "state": "drained", "targets": [FIRST]}
LEAVE = {"name": "www", "state": "absent", "drain": True}


class Proxy:
    """A proxy with the route www, and a clock that ends its requests."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.now = 0.0
        self.pauses = 0
        self.at_pause: Callable[[], None] = lambda: None
        host.routes(**WWW)

    def busy(self, count: int) -> None:
        self.host.fake.in_flight = {("www", FIRST): count}

    def run(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        result: Dict[str, Any] = self.host.routes(check, Clock(self._tell, self._pause), **params)
        return result

    def state(self) -> Dict[str, Any]:
        return {name: kept.document for (_kind, name), kept in self.host.fake.kept.items()}

    def states(self) -> List[str]:
        targets = self.state()["www"]["targets"]
        return ["draining" if "draining" in repr(each) else "active" for each in targets]

    def _tell(self) -> float:
        return self.now

    def _pause(self, seconds: float) -> None:
        self.now += seconds
        self.pauses += 1
        self.at_pause()


@pytest.fixture
def proxy(host: Any) -> Proxy:
    return Proxy(host)


def test_drained_sets_a_target_draining_and_waits_until_its_requests_are_gone(
    proxy: Proxy,
) -> None:
    proxy.busy(3)
    proxy.at_pause = lambda: proxy.busy(max(0, 3 - proxy.pauses))
    result = proxy.run(**DRAIN)
    assert result["operations"] == ["change route www"]
    assert proxy.states() == ["draining", "active"]
    (drained,) = result["drained"]
    assert (drained["route"], drained["target"]) == ("www", FIRST)
    assert (drained["requests_before"], drained["requests_after"]) == (3, 0)
    assert proxy.pauses == 3


def test_draining_what_is_drained_changes_nothing_and_returns_at_once(proxy: Proxy) -> None:
    proxy.run(**DRAIN)
    assert (proxy.run(**DRAIN)["changed"], proxy.pauses) == (False, 0)


def test_a_draining_target_with_requests_is_waited_for_though_nothing_changes(
    proxy: Proxy,
) -> None:
    proxy.run(**DRAIN)
    proxy.busy(1)
    proxy.at_pause = lambda: proxy.busy(0)
    assert (proxy.run(**DRAIN)["changed"], proxy.pauses) == (False, 1)


@pytest.mark.parametrize("params", [DRAIN, LEAVE], ids=["drained", "absent"])
def test_check_mode_predicts_and_never_waits(proxy: Proxy, params: Dict[str, Any]) -> None:
    proxy.busy(3)
    before = proxy.state()
    predicted = proxy.run(check=True, **params)
    assert (proxy.state(), proxy.pauses) == (before, 0)
    proxy.at_pause = lambda: proxy.busy(0)
    done = proxy.run(**params)
    assert (done["operations"], done["diff"]) == (predicted["operations"], predicted["diff"])


def test_absent_with_drain_removes_the_route_after_its_requests_ended(proxy: Proxy) -> None:
    proxy.busy(2)
    seen = []

    def end() -> None:
        seen.append(proxy.states())
        proxy.busy(0)

    proxy.at_pause = end
    assert proxy.run(**LEAVE)["operations"] == ["delete route www"]
    assert seen == [["draining", "draining"]]
    assert proxy.state() == {}


def test_absent_without_drain_does_not_wait(proxy: Proxy) -> None:
    proxy.busy(2)
    proxy.run(name="www", state="absent")
    assert (proxy.state(), proxy.pauses) == ({}, 0)


@pytest.mark.parametrize("params", [DRAIN, LEAVE], ids=["drained", "absent"])
def test_on_timeout_fail_puts_everything_back_and_says_how_many_are_left(
    proxy: Proxy, params: Dict[str, Any]
) -> None:
    proxy.busy(7)
    before = proxy.state()
    proxy.at_pause = lambda: proxy.busy(4)
    with pytest.raises(EdgeError) as caught:
        proxy.run(drain_timeout=3, **params)
    assert proxy.state() == before
    assert str(caught.value) == (
        "target %s of route www: 4 requests are left after 3 s (7 at first); every target was put "
        "back; raise drain_timeout, or set on_timeout to force or keep" % FIRST
    )
    result = caught.value.as_result()
    assert (result["undone"], result["not_undone"]) == (["change route www"], [])
    drained = result["drained"][0]
    assert (drained["requests_before"], drained["requests_after"]) == (7, 4)


def test_on_timeout_force_removes_the_route_all_the_same(proxy: Proxy) -> None:
    proxy.busy(7)
    result = proxy.run(drain_timeout=3, on_timeout="force", **LEAVE)
    assert (proxy.state(), result["drained"][0]["timed_out"]) == ({}, True)


def test_on_timeout_keep_leaves_the_route_draining(proxy: Proxy) -> None:
    proxy.busy(7)
    result = proxy.run(drain_timeout=3, on_timeout="keep", **LEAVE)
    assert result["operations"] == ["change route www"]
    assert proxy.states() == ["draining", "draining"]


def test_of_several_routes_only_the_busy_one_is_kept(proxy: Proxy) -> None:
    proxy.run(name="other", hosts=["other.example.test"], targets=[SECOND])
    proxy.busy(1)
    leaving = [{"name": "www", "state": "absent"}, {"name": "other", "state": "absent"}]
    result = proxy.run(config=leaving, drain=True, drain_timeout=3, on_timeout="keep")
    assert sorted(result["operations"]) == ["change route www", "delete route other"]
    assert list(proxy.state()) == ["www"]


def test_a_signal_while_it_waits_puts_everything_back(proxy: Proxy) -> None:
    proxy.busy(7)
    before = proxy.state()
    proxy.at_pause = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(EdgeError, match="SIGTERM; the drain was undone"):
        proxy.run(**DRAIN)
    assert proxy.state() == before


def test_what_else_the_task_declared_is_put_back_with_the_drain(proxy: Proxy) -> None:
    proxy.busy(7)
    before = proxy.state()
    with pytest.raises(EdgeError):
        proxy.run(config=[DRAIN, {"name": "new", "page": "hello"}], drain_timeout=0)
    assert proxy.state() == before


def test_what_cannot_be_put_back_is_named(proxy: Proxy) -> None:
    proxy.busy(7)

    def break_down() -> None:
        proxy.host.fake.broken = (503, "the store is out of use")

    proxy.at_pause = break_down
    with pytest.raises(EdgeError, match="NOT undone: change route www: the proxy answers 503"):
        proxy.run(drain_timeout=1, **DRAIN)


def test_a_route_that_somebody_removes_while_it_drains_is_drained(proxy: Proxy) -> None:
    proxy.busy(7)

    def remove_all() -> None:
        proxy.host.fake.kept.clear()

    proxy.at_pause = remove_all
    result = proxy.run(**DRAIN)
    assert not result["drained"][0]["timed_out"]
