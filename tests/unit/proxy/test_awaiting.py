# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for orders: how often, how long, when no more, and what is said then."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock
from ansible_collections.sluice.edge.plugins.module_utils._proxy.awaiting import (
    Calendar,
    Waited,
    not_issued,
    wait_until_issued,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.model import (
    CERTIFICATE,
    Batch,
    Entry,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.orders import (
    Awaited,
    lasting,
    why_not,
)

NOON = 1_767_225_600.0
ONE, OTHER = "a" * 64, "b" * 64


def entry(
    name: str, state: Optional[str], fingerprint: Optional[str] = None, **order: Any
) -> Entry:
    """Return a certificate with an order in a state; with None, one that no authority issues."""
    leaf = {"fingerprint": fingerprint, "not_after": NOON + 86400 * 12.5} if fingerprint else {}
    told = {} if state is None else dict({"state": state, "failures": 0}, **order)
    return Entry(CERTIFICATE, name, {"provider": "acme"}, certificate=leaf, order=told)


class Time:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.pauses: List[float] = []
        self.reads: List[Sequence[str]] = []
        self.calendar = Calendar(Clock(lambda: self.passed, self._sleep), self._today)

    def _today(self) -> float:
        return NOON + self.passed

    def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.passed += seconds

    def wait(
        self,
        seen: Callable[[float], Mapping[str, Entry]],
        awaited: Sequence[Awaited],
        timeout: float = 300,
    ) -> Waited:
        def read(names: Sequence[str]) -> Dict[str, Entry]:
            self.reads.append(names)
            return {name: found for name, found in seen(self.passed).items() if name in names}

        return wait_until_issued(read, awaited, timeout, self.calendar)


@pytest.fixture
def time() -> Time:
    return Time()


def test_what_is_held_is_looked_at_once(time: Time) -> None:
    waited = time.wait(lambda _now: {"a": entry("a", "held", ONE)}, [Awaited("a")])
    assert (waited.missing, time.pauses) == ([], [])
    assert waited.as_result() == [
        {
            "name": "a",
            "fingerprint": ONE,
            "state": "held",
            "authority": None,
            "said": None,
            "failures": 0,
            "next_try": None,
            "renew_at": None,
        }
    ]


def test_nothing_is_asked_where_nothing_is_waited_for(time: Time) -> None:
    assert time.wait(lambda _now: {}, []).as_result() == []
    assert time.reads == []


def test_pauses_grow_from_one_second_to_five(time: Time) -> None:
    waited = time.wait(lambda _now: {"a": entry("a", "ordering")}, [Awaited("a")], 30)
    assert time.pauses[0] == 1
    assert time.pauses[:-1] == sorted(time.pauses[:-1])
    assert max(time.pauses) == 5
    assert time.passed == 30
    assert waited.missing == ["a"]


def test_all_are_read_at_once_and_those_that_are_there_no_more(time: Time) -> None:
    def seen(now: float) -> Dict[str, Entry]:
        late = entry("b", "held", ONE) if now >= 2 else entry("b", "waiting")
        return {"a": entry("a", "held", ONE), "b": late}

    waited = time.wait(seen, [Awaited("a"), Awaited("b")])
    assert waited.missing == []
    assert time.reads == [["a", "b"], ["b"], ["b"]]
    assert [each["name"] for each in waited.as_result()] == ["a", "b"]


def test_without_time_it_is_looked_at_once(time: Time) -> None:
    assert time.wait(lambda _now: {"a": entry("a", "ordering")}, [Awaited("a")], 0).missing == ["a"]
    assert time.pauses == []


def test_what_is_tried_again_too_late_is_not_waited_for(time: Time) -> None:
    failed = entry("a", "failed", said="no", failures=3, next_try=NOON + 301)
    assert time.wait(lambda _now: {"a": failed}, [Awaited("a")], 300).missing == ["a"]
    assert time.pauses == []


@pytest.mark.parametrize("failures", [1, 0], ids=["failed", "never ordered"])
def test_what_is_never_tried_again_is_not_waited_for(time: Time, failures: int) -> None:
    failed = entry("a", "failed", said="no", failures=failures, next_try=None)
    assert time.wait(lambda _now: {"a": failed}, [Awaited("a")]).missing == ["a"]
    assert time.pauses == []


def test_what_is_tried_again_in_time_is_waited_for(time: Time) -> None:
    def seen(now: float) -> Dict[str, Entry]:
        if now < 60:
            return {"a": entry("a", "failed", said="no", failures=1, next_try=NOON + 60)}
        return {"a": entry("a", "held", ONE)}

    assert time.wait(seen, [Awaited("a")]).missing == []
    assert 60 <= time.passed < 66


def test_another_try_that_is_under_way_is_waited_for(time: Time) -> None:
    def seen(now: float) -> Dict[str, Entry]:
        if now < 1:
            return {"a": entry("a", "ordering", said="no", failures=3, next_try=None)}
        return {"a": entry("a", "held", ONE)}

    assert time.wait(seen, [Awaited("a")]).missing == []


def test_the_others_are_waited_for_when_one_cannot_be_had(time: Time) -> None:
    def seen(now: float) -> Dict[str, Entry]:
        good = entry("b", "held", ONE) if now >= 1 else entry("b", "ordering")
        return {"a": entry("a", "failed", said="no", failures=1), "b": good}

    waited = time.wait(seen, [Awaited("a"), Awaited("b")])
    assert waited.missing == ["a"]
    assert waited.found["b"].order["state"] == "held"


def test_what_somebody_removes_is_not_waited_for(time: Time) -> None:
    waited = time.wait(lambda _now: {}, [Awaited("a")])
    assert (waited.missing, time.pauses) == (["a"], [])
    told = str(not_issued(waited, Batch(CERTIFICATE), [], NOON))
    assert told.startswith("certificate a: not issued: it was removed meanwhile; what was declared")


def test_a_certificate_without_an_order_is_there_once_it_is_made(time: Time) -> None:
    def seen(now: float) -> Dict[str, Entry]:
        return {"a": entry("a", None, ONE if now else None)}

    assert time.wait(seen, [Awaited("a")]).missing == []
    assert time.passed == 1


def test_a_renewed_one_is_there_when_it_is_another_one(time: Time) -> None:
    def seen(now: float) -> Dict[str, Entry]:
        return {"a": entry("a", "held", OTHER if now >= 2 else ONE)}

    waited = time.wait(seen, [Awaited("a", entry("a", "held", ONE))])
    assert (waited.missing, time.reads) == ([], [["a"], ["a"], ["a"]])


@pytest.mark.parametrize("state", ["held", "failed"])
def test_a_renewal_that_fails_is_not_waited_for_though_the_former_one_is_held(
    time: Time, state: str
) -> None:
    before = entry("a", "held", ONE)

    def seen(now: float) -> Dict[str, Entry]:
        if now < 1:
            return {"a": before}
        return {"a": entry("a", state, ONE, said="no", failures=1, next_try=NOON + 3600)}

    waited = time.wait(seen, [Awaited("a", before)])
    assert (waited.missing, time.passed) == (["a"], 1)


def test_the_failure_from_before_a_renewal_is_none_of_it(time: Time) -> None:
    before = entry("a", "failed", ONE, said="no", failures=2, next_try=NOON + 3600)

    def seen(now: float) -> Dict[str, Entry]:
        return {"a": before if now < 2 else entry("a", "held", OTHER)}

    assert time.wait(seen, [Awaited("a", before)]).missing == []


def test_a_held_certificate_is_there_whatever_its_renewal_is_at(time: Time) -> None:
    held = entry("a", "held", ONE, said="slow", failures=4, next_try=NOON + 3600)
    assert time.wait(lambda _now: {"a": held}, [Awaited("a")]).missing == []


@pytest.mark.parametrize("state", ["ordering", "waiting", "failed"])
def test_a_held_certificate_that_is_being_renewed_is_there(time: Time, state: str) -> None:
    held = entry("a", state, ONE, said="slow", failures=1, renew_at=NOON - 60)
    assert time.wait(lambda _now: {"a": held}, [Awaited("a")]).missing == []
    assert time.pauses == []


def test_one_that_has_ended_is_not_there(time: Time) -> None:
    held = entry("a", "ordering", ONE, renew_at=NOON - 60)
    held.certificate["not_after"] = NOON - 1  # type: ignore[index]
    assert time.wait(lambda _now: {"a": held}, [Awaited("a")], 0).missing == ["a"]


def test_the_one_for_what_was_declared_before_is_not_what_is_waited_for(time: Time) -> None:
    former = entry("a", "ordering", ONE, renew_at=None)
    assert time.wait(lambda _now: {"a": former}, [Awaited("a")], 3).missing == ["a"]


def test_the_error_has_the_words_of_the_proxy_and_what_clients_see_meanwhile(time: Time) -> None:
    said = "first: 403 unauthorized: the CAA record of www.example.com forbids it"
    seen = {
        "a": entry("a", "failed", ONE, said=said, failures=1, next_try=NOON + 3000),
        "b": entry("b", "failed", said="no", failures=1, next_try=None),
        "c": entry("c", "waiting"),
        "d": entry("d", "ordering"),
        "e": entry("e", "ordering"),
    }
    waited = time.wait(lambda _now: seen, [Awaited(name) for name in seen], 0)
    labels = {(CERTIFICATE, name): "config[%d]" % index for index, name in enumerate("abcde")}
    error = not_issued(waited, Batch(CERTIFICATE, labels=labels), ["create certificate a"], NOON)
    assert str(error) == (
        "config[0] (certificate a): not issued: %s; meanwhile one is shown that ends in 12 days; "
        "the next try is in 50 min; config[1] (certificate b): not issued: no; meanwhile none is "
        "held; config[2] (certificate c): not issued: the order is waiting; meanwhile none is held;"
        " and 2 more; what was declared stays, and the proxy goes on trying" % said
    )
    result = error.as_result()
    assert (result["undone"], result["not_undone"]) == ([], ["create certificate a"])
    assert [each["name"] for each in result["orders"]] == list("abcde")


def test_one_that_has_ended_is_not_said_to_be_shown() -> None:
    assert why_not(entry("a", "failed", ONE, said="no"), NOON + 86400 * 13) == (
        "no; meanwhile none is held"
    )


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (119.9, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 days")],
)
def test_times_are_told_for_people(seconds: float, told: str) -> None:
    assert lasting(seconds) == told
