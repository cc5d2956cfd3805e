# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made is what was planned, however others disturb it; a failure takes it back."""

from __future__ import annotations

import signal
import threading
from typing import Any, Dict

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    NotConverged,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.termination import Terminated

PLAN = "POST /v1/changes?dry_run=true"
MAKE = "POST /v1/changes"


def route(name: str, **more: Any) -> Dict[str, Any]:
    return dict({"name": name, "targets": ["http://198.51.100.11:8080"]}, **more)


def once(action: Any) -> Any:
    """Return what does ``action`` the first time that it is called, and nothing then."""
    left = [action]

    def act() -> None:
        if left:
            left.pop()()

    return act


def documents(host: Any) -> Dict[str, Any]:
    return {name: kept.document for (_kind, name), kept in host.fake.kept.items()}


def test_a_list_of_any_length_is_one_request(host: Any) -> None:
    config = [route("r%d" % number) for number in range(300)]
    host.routes(config=config)
    host.fake.requests.clear()
    assert not host.routes(check=True, config=config, purge=True)["changed"]
    assert not host.routes(config=config, purge=True)["changed"]
    assert host.fake.requests == [PLAN, MAKE]


def test_of_a_long_list_only_what_changed_is_planned_again(host: Any) -> None:
    config = [route("r%d" % number) for number in range(300)]
    host.routes(config=config)
    host.fake.requests.clear()
    host.fake.sent.clear()
    host.routes(config=config[:7] + [route("r7", keep_host=False)] + config[8:-1], purge=True)
    assert host.fake.requests == [MAKE, PLAN]
    _made, again = host.fake.sent
    assert [change["id"] for change in again["changes"]] == ["r7", "r299"]


def test_what_was_there_at_last_is_told(host: Any) -> None:
    host.routes(**route("a"))
    host.fake.before_write = once(lambda: host.fake.have("route", "a", {"page": "x"}, "ansible"))
    done = host.routes(**route("a", keep_host=False))
    assert "page" not in documents(host)["a"]
    assert '"page": "x"' in done["diff"]["before"]


def test_what_somebody_else_declares_in_between_stays(host: Any) -> None:
    host.fake.before_write = once(lambda: host.fake.have("route", "b", {"page": "b"}, "shop"))
    host.routes(config=[route("a")], purge=True)
    assert sorted(documents(host)) == ["a", "b"]


def test_an_entry_that_joins_a_purged_owner_in_between_goes_too(host: Any) -> None:
    host.fake.before_write = once(lambda: host.fake.have("route", "b", {"page": "b"}, "ansible"))
    done = host.routes(config=[route("a")], purge=True)
    assert done["operations"] == ["create route a", "delete route b"]


def test_names_that_a_pattern_spares_are_read_again_when_others_write(host: Any) -> None:
    host.routes(**route("a"))
    joins = once(lambda: host.fake.have("route", "keep-b", {"page": "b"}, "ansible"))
    host.fake.before_write = joins
    host.routes(config=[], purge=True, purge_ignore=["keep-*"])
    assert sorted(documents(host)) == ["keep-b"]


def test_the_end_of_others_writing_is_not_waited_for_for_ever(host: Any) -> None:
    host.fake.before_write = lambda: host.fake.have("route", "b", {"page": "x"}, "shop")
    host.fake.before_plan = host.fake.before_write
    for check in (True, False):
        with pytest.raises(NotConverged, match="others change the same things of the proxy all"):
            host.routes(check=check, config=[], purge=True, purge_scope=["a"])


def test_what_does_not_stay_is_no_success(host: Any) -> None:
    host.fake.after_write = lambda: host.fake.have("route", "a", {"page": "theirs"}, "shop")
    with pytest.raises(NotConverged, match="route a did not converge: wanted route a owner"):
        host.routes(**route("a"))
    assert documents(host)["a"] == {"page": "theirs"}


def test_a_proxy_that_cannot_make_a_change_is_one_line(host: Any) -> None:
    host.fake.broken = (507, "the store's disk is full")
    with pytest.raises(EdgeError) as caught:
        host.routes(**route("a"))
    assert str(caught.value) == "the proxy answers 507: the store's disk is full"
    assert documents(host) == {}


def test_check_mode_sends_nothing_to_be_made(host: Any) -> None:
    host.routes(check=True, **route("a"))
    assert host.fake.requests == [PLAN]


def end_the_task() -> None:
    thread = threading.main_thread().ident
    assert thread is not None
    signal.pthread_kill(thread, signal.SIGTERM)


def test_a_signal_while_a_change_is_made_takes_it_back(host: Any) -> None:
    host.routes(config=[route("a"), route("b")])
    before = documents(host)
    host.fake.after_write = once(end_the_task)
    with pytest.raises(EdgeError, match="the task was ended by SIGTERM") as caught:
        host.routes(config=[route("a", keep_host=False), route("c")], purge=True)
    assert documents(host) == before
    assert caught.value.as_result()["undone"] == [
        "create route b",
        "delete route c",
        "change route a",
    ]


def test_a_signal_before_anything_was_made_leaves_all_as_it_was(host: Any) -> None:
    host.fake.before_plan = once(end_the_task)
    with pytest.raises(Terminated):
        host.routes(check=True, **route("a"))
    assert documents(host) == {}


def test_what_somebody_changed_after_us_is_not_taken_back(host: Any) -> None:
    def interfere() -> None:
        host.fake.have("route", "a", {"page": "theirs"}, "shop")
        end_the_task()

    host.fake.after_write = once(interfere)
    with pytest.raises(Refused, match="NOT undone: delete route a: ") as caught:
        host.routes(**route("a"))
    assert documents(host)["a"] == {"page": "theirs"}
    assert len(caught.value.not_undone) == 1


def test_a_replaced_key_cannot_be_put_back_and_that_is_said(host: Any) -> None:
    given = {"name": "www", "chain": "-----BEGIN C", "key": "-----BEGIN K"}
    host.certificates(**given)
    host.fake.after_write = once(end_the_task)
    with pytest.raises(Refused) as caught:
        host.certificates(
            config=[
                dict(given, chain="-----BEGIN D"),
                {"name": "app", "provider": "self_signed", "names": ["app.example.test"]},
            ]
        )
    assert caught.value.undone == ["delete certificate app"]
    assert caught.value.not_undone == [
        "change certificate www: the proxy does not give its key away"
    ]
    assert documents(host)["www"]["chain"] == "-----BEGIN D"


def test_a_certificate_s_file_is_read_at_the_managed_host(host: Any, tmp_path: Any) -> None:
    chain, key = tmp_path / "www.pem", tmp_path / "www.key"
    chain.write_text("-----BEGIN CERTIFICATE-----", encoding="ascii")
    key.write_text("-----BEGIN PRIVATE KEY-----", encoding="ascii")
    host.certificates(name="www", chain_src=str(chain), key_src=str(key))
    assert documents(host)["www"] == {
        "provider": "given",
        "chain": "-----BEGIN CERTIFICATE-----",
        "key": "-----BEGIN PRIVATE KEY-----",
    }


def test_in_check_mode_a_proxy_that_is_not_there_yet_has_nothing(tmp_path: Any) -> None:
    from ansible_collections.sluice.edge.tests.unit.proxy.conftest import Host

    nobody = Host(str(tmp_path / "nobody.sock"))
    found = nobody.routes(check=True, config=[route("a"), {"name": "b", "state": "absent"}])
    assert found["operations"] == ["create route a"]
    assert found["warnings"] == [
        "no proxy is at %s: this is what would be made if an earlier task had installed one"
        % nobody.socket
    ]
    drained = {"name": "a", "state": "drained", "targets": ["http://198.51.100.11"]}
    assert not nobody.routes(check=True, **drained)["changed"]
    made = {"name": "c", "provider": "self_signed", "names": ["c.example.test"]}
    known = {"name": "d", "fingerprint": "a" * 64}
    certificates = nobody.certificates(check=True, config=[made, known], purge=True)
    assert certificates["operations"] == ["create certificate c"]
    with pytest.raises(EdgeError, match="no proxy is at"):
        nobody.routes(**route("a"))
