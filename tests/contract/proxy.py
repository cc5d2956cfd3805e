# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What converging routes and certificates promises, at any proxy: a fake one and the real API.

A test class derives from the contract and gives it a ``proxy`` fixture: one whose configuration
file has the route OF_FILE, and where ``somebody`` declared the route ``taken``.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Protocol, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.listing import (
    list_certificates,
    list_routes,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.routes import converge_routes
from ansible_collections.sluice.edge.tests.contract.bad_input.certificates import (
    CHAIN,
    KEY,
    OTHER_KEY,
    WRONG_CERTIFICATES,
    filled,
)
from ansible_collections.sluice.edge.tests.contract.bad_input.proxy import OF_FILE, Found, Mistake
from ansible_collections.sluice.edge.tests.contract.bad_input.routes import WRONG_ROUTES

Params = Dict[str, Any]
FIRST, SECOND = "http://198.51.100.11:8080", "http://198.51.100.12:8080"
OTHER_CHAIN = "<other chain>"


class ProxyUnderTest(Protocol):
    """A proxy with an admin socket.

    ``texts`` are PEM texts: a CHAIN with its KEY, an OTHER_CHAIN with its OTHER_KEY.
    """

    socket: str
    texts: Mapping[str, str]

    def expect(self, found: Found) -> None:
        """Be told what a mistake will be found to be; a real proxy finds it itself."""


class Worked:
    """What the tests do with a proxy."""

    def __init__(self, proxy: ProxyUnderTest) -> None:
        self.proxy = proxy

    def routes(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        return converge_routes(self._at_socket(params), check, True)

    def certificates(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        given = filled(params, self.proxy.texts)
        return converge_certificates(self._at_socket(given), check, True)

    def listed_routes(self, **params: Any) -> Dict[str, Any]:
        return list_routes(self._at_socket(params))

    def listed_certificates(self, **params: Any) -> Dict[str, Any]:
        return list_certificates(self._at_socket(params))

    def state(self) -> Tuple[List[Any], List[Any]]:
        """Return all that the proxy shows, versions included."""
        certificates = self.listed_certificates()["details"]
        for entry in certificates:
            del entry["days_left"]
        return self.listed_routes()["details"], certificates

    def names(self) -> List[str]:
        return [entry["name"] for entry in self.listed_routes()["details"]]

    def _at_socket(self, params: Params) -> Params:
        return dict({"socket": self.proxy.socket}, **params)


def route(name: str, **more: Any) -> Params:
    return dict({"name": name, "hosts": [name + ".example.test"], "targets": [FIRST]}, **more)


class ProxyContract:
    """Derive from it, and give it a ``proxy`` fixture."""

    @pytest.fixture
    def worked(self, proxy: ProxyUnderTest) -> Worked:
        return Worked(proxy)

    def test_a_route_is_created_changed_and_removed_and_each_is_done_once(
        self, worked: Worked
    ) -> None:
        steps = (
            (route("a"), "create route a"),
            (route("a", targets=[FIRST, SECOND]), "change route a"),
            ({"name": "a", "state": "absent"}, "delete route a"),
        )
        for params, operation in steps:
            predicted = worked.routes(check=True, **params)
            done = worked.routes(**params)
            assert done["operations"] == [operation]
            assert (done["changed"], done["diff"]) == (True, predicted["diff"])
            again = worked.routes(**params)
            assert (again["changed"], again["operations"]) == (False, [])
            assert (again["diff"]["before"], again["diff"]["after"]) == ("", "")

    def test_check_mode_changes_nothing(self, worked: Worked) -> None:
        before = worked.state()
        assert worked.routes(check=True, **route("a"))["changed"]
        made = {"name": "b", "provider": "self_signed", "names": ["b.example.test"]}
        assert worked.certificates(check=True, **made)["changed"]
        assert worked.state() == before

    def test_another_spelling_of_the_same_is_no_change(self, worked: Worked) -> None:
        worked.routes(**route("a", keep_host=True))
        spelled = {"url": FIRST, "weight": 1, "state": "active"}
        assert not worked.routes(**route("a", targets=[spelled], paths=["/"]))["changed"]

    def test_a_list_is_made_as_one_or_not_at_all(self, worked: Worked) -> None:
        before = worked.state()
        wrong = route("z", hosts=["not a host"])
        words = "not a host is none"
        worked.proxy.expect(("route", "z", "hosts[0]", words))
        with pytest.raises(EdgeError, match=r"config\[2\] \(route z\): hosts\[0\]: "):
            worked.routes(config=[route("a"), route("b"), wrong])
        assert worked.state() == before

    def test_one_diff_line_an_entry_sorted(self, worked: Worked) -> None:
        worked.routes(**route("b"))
        diff = worked.routes(config=[route("c"), route("b", keep_host=False), route("a")])["diff"]
        names = [line.split()[1] for line in diff["after"].splitlines()]
        assert names == ["a", "b", "c"]
        assert len(diff["before"].splitlines()) == 1

    def test_a_purge_takes_only_what_the_same_owner_declared(self, worked: Worked) -> None:
        worked.routes(config=[route("a"), route("b")])
        worked.routes(owner="shop", **route("c"))
        done = worked.routes(config=[route("b")], purge=True)
        assert done["operations"] == ["delete route a"]
        assert worked.names() == sorted(["b", "c", "taken", OF_FILE])

    def test_a_purge_is_limited_by_patterns_of_names(self, worked: Worked) -> None:
        names = ("api-1", "api-2", "api-old", "www")
        worked.routes(config=[route(name) for name in names])
        limits = {"purge": True, "purge_scope": ["api-*"], "purge_ignore": ["*-old"]}
        assert worked.routes(config=[route("api-2")], **limits)["operations"] == [
            "delete route api-1"
        ]
        assert not worked.routes(config=[route("api-2")], **limits)["changed"]

    def test_what_another_declared_becomes_the_task_s(self, worked: Worked) -> None:
        worked.routes(owner="shop", **route("a"))
        assert worked.routes(**route("a"))["operations"] == ["change route a"]
        (found,) = worked.listed_routes(name=["a"])["details"]
        assert found["owner"] == "ansible"

    def test_a_target_is_drained_and_all_else_of_its_route_stays(self, worked: Worked) -> None:
        worked.routes(owner="shop", **route("a", targets=[FIRST, {"url": SECOND, "weight": 3}]))
        predicted = worked.routes(check=True, name="a", state="drained", targets=[SECOND + "/"])
        done = worked.routes(name="a", state="drained", targets=[SECOND + "/"])
        assert (done["operations"], done["diff"]) == (["change route a"], predicted["diff"])
        (drained,) = done["drained"]
        assert (drained["target"], drained["timed_out"]) == (SECOND, False)
        found = worked.listed_routes(name=["a"])
        assert found["routes"][0]["targets"] == [
            {"url": FIRST, "weight": 1, "state": "active"},
            {"url": SECOND, "weight": 3, "state": "draining"},
        ]
        assert found["details"][0]["owner"] == "shop"
        again = worked.routes(name="a", state="drained", targets=[SECOND])
        assert not again["changed"]

    def test_targets_of_a_route_in_portal_s_words_are_drained_too(self, worked: Worked) -> None:
        worked.routes(name="p", portal={"domain": "p.example.test", "targets": [FIRST]})
        assert worked.routes(name="p", state="drained", targets=[FIRST])["changed"]
        assert not worked.routes(name="p", state="drained", targets=[FIRST])["changed"]
        (found,) = worked.listed_routes(name=["p"])["routes"]
        assert found["portal"]["targets"][0]["state"] == "draining"

    @pytest.mark.parametrize(
        "params",
        [
            {"name": "nobody", "state": "drained", "targets": [FIRST]},
            {"name": "nobody", "state": "absent", "drain": True},
            {"name": "a", "state": "drained", "targets": [SECOND]},
        ],
        ids=str,
    )
    def test_what_is_absent_counts_as_drained(self, worked: Worked, params: Params) -> None:
        worked.routes(**route("a"))
        done = worked.routes(**params)
        assert (done["changed"], done["drained"]) == (False, [])

    def test_a_route_that_is_drained_before_it_goes_is_one_operation(self, worked: Worked) -> None:
        worked.routes(**route("a", targets=[FIRST, SECOND]))
        predicted = worked.routes(check=True, name="a", state="absent", drain=True)
        done = worked.routes(name="a", state="absent", drain=True)
        assert (done["operations"], done["diff"]) == (["delete route a"], predicted["diff"])
        assert [each["target"] for each in done["drained"]] == [FIRST, SECOND]

    def test_what_is_listed_declares_the_same(self, worked: Worked) -> None:
        worked.routes(
            config=[
                route("a", balancing="least_connections", health="/up"),
                route("b", targets=[{"url": SECOND, "weight": 0}], rate_limit="10/s"),
                {"name": "c", "portal": {"domain": "c.example.test", "targets": [FIRST]}},
                {"name": "d", "hosts": ["d.example.test"], "redirect": "https"},
            ]
        )
        listed = worked.listed_routes(owner="ansible")["routes"]
        assert [entry["name"] for entry in listed] == ["a", "b", "c", "d"]
        assert not worked.routes(config=listed, purge=True)["changed"]

    def test_the_file_s_routes_are_told_and_not_declared(self, worked: Worked) -> None:
        listed = worked.listed_routes(name=[OF_FILE])
        assert listed["routes"] == []
        assert [(each["name"], each["origin"]) for each in listed["details"]] == [(OF_FILE, "file")]

    def test_the_status_of_targets_is_told_when_it_is_asked_for(self, worked: Worked) -> None:
        worked.routes(**route("a"))
        (found,) = worked.listed_routes(name=["a"], status=True)["details"]
        (target,) = found["status"]["targets"]
        assert (target["name"], target["traffic"]["in_flight"]) == (FIRST, 0)

    def test_a_certificate_is_given_replaced_and_removed_and_each_is_done_once(
        self, worked: Worked
    ) -> None:
        steps = (
            ({"name": "www", "chain": CHAIN, "key": KEY}, "create certificate www"),
            ({"name": "www", "chain": OTHER_CHAIN, "key": OTHER_KEY}, "change certificate www"),
            ({"name": "www", "state": "absent"}, "delete certificate www"),
        )
        for params, operation in steps:
            predicted = worked.certificates(check=True, **params)
            done = worked.certificates(**params)
            assert (done["operations"], done["diff"]) == ([operation], predicted["diff"])
            assert not worked.certificates(**params)["changed"]

    def test_certificates_are_made_where_nobody_gives_one(self, worked: Worked) -> None:
        params = {"name": "app", "provider": "self_signed", "names": ["app.example.test"]}
        predicted = worked.certificates(check=True, **params)
        done = worked.certificates(**params)
        assert (done["operations"], done["diff"]) == (
            ["create certificate app"],
            predicted["diff"],
        )
        assert not worked.certificates(**params)["changed"]
        (found,) = worked.listed_certificates(name=["app"])["details"]
        assert (found["names"], len(found["fingerprint"])) == (["app.example.test"], 64)
        assert found["days_left"] > 0

    def test_listed_certificates_declare_the_same_without_any_key(self, worked: Worked) -> None:
        worked.certificates(
            config=[
                {"name": "www", "chain": CHAIN, "key": KEY},
                {"name": "app", "provider": "self_signed", "names": ["app.example.test"]},
            ]
        )
        listed = worked.listed_certificates(owner="ansible")["certificates"]
        assert [sorted(entry) for entry in listed] == [
            ["name", "names", "provider"],
            ["fingerprint", "name", "provider"],
        ]
        assert not worked.certificates(config=listed, purge=True)["changed"]

    def test_another_certificate_than_the_one_of_the_fingerprint_is_refused(
        self, worked: Worked
    ) -> None:
        worked.certificates(name="www", chain=CHAIN, key=KEY)
        with pytest.raises(EdgeError, match=r"its fingerprint is [0-9a-f]{64}, not a{64}: give"):
            worked.certificates(name="www", fingerprint="a" * 64)

    def test_no_result_has_a_key(self, worked: Worked) -> None:
        given = {"name": "www", "chain": CHAIN, "key": KEY}
        results = [
            worked.certificates(check=True, **given),
            worked.certificates(**given),
            worked.certificates(name="www", chain=OTHER_CHAIN, key=OTHER_KEY),
            worked.certificates(name="www", state="absent"),
            worked.state(),
        ]
        for name in (KEY, OTHER_KEY):
            for line in secret_lines(worked.proxy.texts[name]):
                assert line not in repr(results)


class MistakesContract:
    """Derive from it, and give it a ``proxy`` fixture, which may be the same for all tests."""

    @pytest.fixture
    def worked(self, proxy: ProxyUnderTest) -> Worked:
        return Worked(proxy)

    @pytest.mark.parametrize("check", [True, False], ids=["check", "apply"])
    @pytest.mark.parametrize("mistake", WRONG_ROUTES, ids=str)
    def test_a_wrong_route_is_told_in_one_line_and_changes_nothing(
        self, worked: Worked, mistake: Mistake, check: bool
    ) -> None:
        self._refused(worked, worked.routes, mistake, check)

    @pytest.mark.parametrize("check", [True, False], ids=["check", "apply"])
    @pytest.mark.parametrize("mistake", WRONG_CERTIFICATES, ids=str)
    def test_a_wrong_certificate_is_told_in_one_line_and_changes_nothing(
        self, worked: Worked, mistake: Mistake, check: bool
    ) -> None:
        message = self._refused(worked, worked.certificates, mistake, check)
        for name in (KEY, OTHER_KEY):
            for line in secret_lines(worked.proxy.texts[name]):
                assert line not in message

    def _refused(self, worked: Worked, entry: Any, mistake: Mistake, check: bool) -> str:
        if mistake.found is not None:
            worked.proxy.expect(mistake.found)
        before = worked.state()
        with pytest.raises(EdgeError) as caught:
            entry(check=check, **mistake.params)
        message = str(caught.value)
        assert message == mistake.message
        assert worked.state() == before
        return message


def secret_lines(pem: str) -> List[str]:
    """Return the lines of a PEM text that tell the key."""
    return [line for line in pem.splitlines() if line and not line.startswith("-----")]
