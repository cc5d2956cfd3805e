# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates of authorities: the contract at the fake proxy, and what only a fake one can do."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import Clock
from ansible_collections.sluice.edge.plugins.module_utils._proxy.awaiting import Calendar
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.tests.contract.orders import OrdersContract
from ansible_collections.sluice.edge.tests.fakes.proxy import FakeProxy, serving

GONE = {"state": "absent", "revoke": True}


class FakeThatOrders:
    """A fake proxy, and its authority as the contract speaks of it."""

    domain = "example.test"

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.fake = FakeProxy()
        self.fake.authority.looks = 0
        self.authority = self

    @property
    def ordered(self) -> int:
        return self.fake.authority.ordered

    @property
    def revoked(self) -> List[Tuple[str, str]]:
        return self.fake.authority.revoked

    def refuse(self, said: str) -> None:
        self.fake.authority.refusal = said

    def refuse_revoking(self, said: str) -> None:
        self.fake.authority.keeps_certificates = said


class TestOrdersOnFake(OrdersContract):
    @pytest.fixture
    def proxy(self, tmp_path: Path) -> Iterator[FakeThatOrders]:
        made = FakeThatOrders(str(tmp_path / "admin.sock"))
        with serving(made.fake, made.socket):
            yield made


def certificate(name: str, **more: Any) -> Dict[str, Any]:
    return dict({"name": name, "provider": "acme", "names": [name + ".example.test"]}, **more)


class Waiting:
    """A host whose time passes while a task sleeps."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.authority = host.fake.authority
        self.authority.today = self._today
        self.passed = 0.0
        self.at_pause: Callable[[], None] = lambda: None

    def run(self, **params: Any) -> Dict[str, Any]:
        calendar = Calendar(Clock(lambda: self.passed, self._sleep), self._today)
        return converge_certificates(
            dict(params, socket=self.host.socket), False, True, calendar=calendar
        )

    def documents(self) -> Dict[str, Any]:
        return {name: kept.document for (_kind, name), kept in self.host.fake.kept.items()}

    def _today(self) -> float:
        return 1_767_225_600.0 + self.passed

    def _sleep(self, seconds: float) -> None:
        self.passed += seconds
        self.at_pause()


@pytest.fixture
def waiting(host: Any) -> Waiting:
    return Waiting(host)


def test_many_are_waited_for_by_one_request_at_a_time(waiting: Waiting) -> None:
    waiting.authority.looks = 3
    config = [certificate("c%d" % number) for number in range(40)]
    waiting.run(config=config, wait=True)
    asked = [each for each in waiting.host.fake.requests if each.startswith("GET")]
    assert asked == ["GET /v1/certificates"] * 4
    assert waiting.passed < 5


def test_without_wait_nothing_is_asked(waiting: Waiting) -> None:
    waiting.authority.looks = 100
    done = waiting.run(config=[certificate("a"), certificate("b")])
    assert "orders" not in done
    assert not [each for each in waiting.host.fake.requests if each.startswith("GET")]


def test_a_slow_authority_is_waited_for_no_longer_than_the_task_says(waiting: Waiting) -> None:
    waiting.authority.looks = 1000
    with pytest.raises(Refused, match="certificate a: not issued: the order is ordering; mean"):
        waiting.run(**certificate("a", wait=True, wait_timeout=17))
    assert waiting.passed == 17


def end_the_task() -> None:
    thread = threading.main_thread().ident
    assert thread is not None
    signal.pthread_kill(thread, signal.SIGTERM)


def test_a_signal_while_a_task_waits_leaves_what_was_declared(waiting: Waiting) -> None:
    waiting.authority.looks = 1000
    waiting.at_pause = end_the_task
    with pytest.raises(Refused, match="was ended by SIGTERM; what was declared stays") as caught:
        waiting.run(**certificate("a", wait=True))
    assert caught.value.not_undone == ["create certificate a"]
    assert list(waiting.documents()) == ["a"]


def test_a_refused_renewal_takes_back_what_was_declared_with_it(waiting: Waiting) -> None:
    waiting.authority.looks = 0
    waiting.run(config=[certificate("a"), certificate("b")], wait=True)
    before = waiting.documents()
    waiting.host.fake.refuse_asking("b", 429, "250 orders within 3 h: wait for 20 min")
    config = [
        certificate("a", force_renew=True),
        certificate("b", force_renew=True, key_type="p384"),
    ]
    with pytest.raises(Refused) as caught:
        waiting.run(config=config)
    assert str(caught.value) == (
        "config[1] (certificate b): cannot be renewed: 250 orders within 3 h: wait for 20 min "
        "(1 operations undone, NOT undone: renew certificate a: the order goes on)"
    )
    assert caught.value.undone == ["change certificate b"]
    assert waiting.documents() == before


def test_what_was_revoked_before_a_failure_is_told(waiting: Waiting) -> None:
    waiting.authority.looks = 0
    waiting.run(config=[certificate("a"), certificate("b")], wait=True)
    waiting.host.fake.refuse_asking("b", 502, "the authority is away")
    config = [dict(GONE, name="a"), dict(GONE, name="b")]
    with pytest.raises(Refused) as caught:
        waiting.run(config=config)
    assert caught.value.not_undone == ["revoke certificate a: that is final"]
    assert sorted(waiting.documents()) == ["a", "b"]


def test_nothing_is_revoked_when_the_proxy_refuses_the_change(waiting: Waiting) -> None:
    waiting.authority.looks = 0
    waiting.run(**certificate("a", wait=True))
    waiting.host.fake.refuse("certificate", "b", "names[0]", "no host")
    with pytest.raises(Exception, match=r"config\[1\] \(certificate b\): names\[0\]: no host"):
        waiting.run(config=[dict(GONE, name="a"), certificate("b")])
    assert waiting.authority.revoked == []


def test_one_of_which_nothing_was_issued_is_withdrawn_without_revoking(waiting: Waiting) -> None:
    waiting.authority.looks = 1000
    waiting.run(**certificate("a"))
    done = waiting.run(**dict(GONE, name="a"))
    assert done["operations"] == ["delete certificate a"]
    assert waiting.authority.revoked == []


def test_on_a_laptop_the_same_task_is_served_by_the_local_ca(waiting: Waiting) -> None:
    waiting.authority.laptop = True
    forced = certificate("a", wait=True, force_renew=True)
    assert waiting.run(**forced)["operations"] == ["create certificate a"]
    again = waiting.run(**forced)
    assert (again["changed"], again["orders"][0]["state"]) == (False, None)
    assert again["orders"][0]["fingerprint"]
    done = waiting.run(**dict(GONE, name="a"))
    assert done["operations"] == ["delete certificate a"]
    assert waiting.authority.revoked == []


def test_a_proxy_without_an_authority_says_so_in_one_line(waiting: Waiting) -> None:
    words = "no authority is configured: set issuing.provider to acme in the configuration file"
    waiting.host.fake.refuse("certificate", "a", "provider", words)
    with pytest.raises(Exception, match="certificate a: provider: no authority is configured: set"):
        waiting.run(**certificate("a", wait=True))
    assert waiting.documents() == {}
