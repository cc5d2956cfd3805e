# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tls_cert promises of certificates that authorities issue, at any proxy that orders them.

A test class derives from the contract and gives it a ``proxy`` fixture.
"""

from __future__ import annotations

from typing import Any, Dict, List, Protocol, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.listing import list_certificates

Params = Dict[str, Any]


class Authority(Protocol):
    """The certificate authority of the proxy under test."""

    @property
    def ordered(self) -> int:
        """How many orders it got."""

    @property
    def revoked(self) -> List[Tuple[str, str]]:
        """What was revoked: names of certificates, and the reasons."""

    def refuse(self, said: str) -> None:
        """Issue nothing from now on, and say why."""

    def refuse_revoking(self, said: str) -> None:
        """Revoke nothing from now on, and say why."""


class ProxyThatOrders(Protocol):
    """A proxy with an admin socket, and who issues its certificates.

    ``domain`` is one for which no test before had any certificate.
    """

    socket: str
    domain: str
    authority: Authority


class Ordering:
    """What the tests do with a proxy."""

    def __init__(self, proxy: ProxyThatOrders) -> None:
        self.proxy = proxy
        self.authority = proxy.authority

    def certificate(self, name: str, **more: Any) -> Params:
        """Return the options that declare a certificate."""
        return dict({"name": name, "provider": "acme", "names": [self.host(name)]}, **more)

    def host(self, name: str) -> str:
        return "%s.%s" % (name, self.proxy.domain)

    def certificates(self, check: bool = False, **params: Any) -> Params:
        params = dict({"wait_timeout": 60}, **params, socket=self.proxy.socket)
        return converge_certificates(params, check, True)

    def predicted(self, **params: Any) -> Params:
        """Return what check mode says, and see that it does nothing."""
        before = self.told(), self.authority.ordered, list(self.authority.revoked)
        found = self.certificates(check=True, **params)
        assert (self.told(), self.authority.ordered, list(self.authority.revoked)) == before
        return found

    def listed(self, *names: str) -> Params:
        params: Params = {"socket": self.proxy.socket}
        return list_certificates(dict(params, name=list(names)) if names else params)

    def told(self) -> List[Any]:
        """Return what does not change by itself of all certificates."""
        return [
            (each["name"], each["version"], each["fingerprint"])
            for each in self.listed()["details"]
        ]

    def fingerprint(self, name: str) -> str:
        (found,) = self.listed(name)["details"]
        return str(found["fingerprint"])


class OrdersContract:
    """Derive from it, and give it a ``proxy`` fixture."""

    @pytest.fixture
    def ordering(self, proxy: ProxyThatOrders) -> Ordering:
        return Ordering(proxy)

    def test_a_task_that_waits_ends_when_the_certificate_is_there(self, ordering: Ordering) -> None:
        predicted = ordering.predicted(**ordering.certificate("a", wait=True))
        done = ordering.certificates(**ordering.certificate("a", wait=True))
        assert (done["operations"], done["diff"]) == (["create certificate a"], predicted["diff"])
        (order,) = done["orders"]
        assert (order["name"], order["state"], order["said"]) == ("a", "held", "")
        (found,) = ordering.listed("a")["details"]
        assert (found["provider"], found["fingerprint"]) == ("acme", order["fingerprint"])
        assert found["days_left"] > 0
        assert found["order"]["renew_at"] > found["not_before"]

    def test_a_held_certificate_is_no_change_and_no_order(self, ordering: Ordering) -> None:
        ordering.certificates(**ordering.certificate("a", wait=True))
        before = ordering.told()
        for check in (True, False):
            again = ordering.certificates(check, **ordering.certificate("a", wait=True))
            assert (again["changed"], again["operations"]) == (False, [])
            assert (again["diff"]["before"], again["diff"]["after"]) == ("", "")
        assert (ordering.told(), ordering.authority.ordered) == (before, 1)

    def test_a_list_is_one_change_and_all_of_it_is_waited_for(self, ordering: Ordering) -> None:
        config = [ordering.certificate("c%d" % number) for number in range(5)]
        config.append({"name": "own", "provider": "self_signed", "names": [ordering.host("own")]})
        done = ordering.certificates(config=config, wait=True)
        assert [each["name"] for each in done["orders"]] == ["c%d" % number for number in range(5)]
        assert {each["state"] for each in done["orders"]} == {"held"}
        assert ordering.authority.ordered == 5
        assert len({version for _name, version, _fingerprint in ordering.told()}) == 1

    def test_the_listed_ones_declare_the_same(self, ordering: Ordering) -> None:
        options = {"key_type": "p384", "challenge": "http-01", "authority": "first"}
        ordering.certificates(
            config=[ordering.certificate("a"), ordering.certificate("b", **options)], wait=True
        )
        listed = ordering.listed()["certificates"]
        assert listed == [ordering.certificate("a"), ordering.certificate("b", **options)]
        assert not ordering.certificates(config=listed, purge=True, wait=True)["changed"]

    def test_another_one_is_ordered_when_that_is_forced(self, ordering: Ordering) -> None:
        ordering.certificates(**ordering.certificate("a", wait=True))
        before = ordering.fingerprint("a")
        forced = ordering.certificate("a", wait=True, force_renew=True)
        predicted = ordering.predicted(**forced)
        done = ordering.certificates(**forced)
        assert (done["operations"], done["diff"]) == (["renew certificate a"], predicted["diff"])
        assert done["changed"]
        assert done["diff"]["before"] == "certificate a held: fingerprint %s\n" % before
        assert done["diff"]["after"] == "certificate a ordered anew\n"
        assert ordering.fingerprint("a") == done["orders"][0]["fingerprint"] != before
        assert ordering.authority.ordered == 2

    def test_what_is_created_by_a_task_that_forces_is_ordered_once(
        self, ordering: Ordering
    ) -> None:
        done = ordering.certificates(**ordering.certificate("a", wait=True, force_renew=True))
        assert (done["operations"], ordering.authority.ordered) == (["create certificate a"], 1)

    def test_one_that_cannot_be_had_stays_declared_and_its_words_are_told(
        self, ordering: Ordering
    ) -> None:
        ordering.authority.refuse("the authority does not like it")
        with pytest.raises(Refused) as caught:
            ordering.certificates(config=[ordering.certificate("a")], wait=True, wait_timeout=20)
        message = str(caught.value)
        assert message.startswith("config[0] (certificate a): not issued: ")
        assert "the authority does not like it" in message
        assert "meanwhile none is held" in message
        assert message.endswith("what was declared stays, and the proxy goes on trying")
        result = caught.value.as_result()
        assert (result["undone"], result["not_undone"]) == ([], ["create certificate a"])
        assert result["orders"][0]["failures"] >= 1
        assert [name for name, _version, _fingerprint in ordering.told()] == ["a"]

    def test_what_is_held_serves_on_when_its_renewal_is_refused(self, ordering: Ordering) -> None:
        ordering.certificates(**ordering.certificate("a", wait=True))
        before = ordering.fingerprint("a")
        ordering.authority.refuse("the authority does not like it")
        with pytest.raises(Refused, match="does not like it; meanwhile one is shown that ends in"):
            ordering.certificates(
                **ordering.certificate("a", wait=True, force_renew=True, wait_timeout=20)
            )
        assert ordering.fingerprint("a") == before

    def test_other_names_are_waited_for_although_a_certificate_is_shown(
        self, ordering: Ordering
    ) -> None:
        ordering.certificates(**ordering.certificate("a", wait=True))
        before = ordering.fingerprint("a")
        names = [ordering.host("a"), ordering.host("also")]
        done = ordering.certificates(**ordering.certificate("a", names=names, wait=True))
        assert done["operations"] == ["change certificate a"]
        (found,) = ordering.listed("a")["details"]
        assert sorted(found["names"]) == names
        assert found["fingerprint"] == done["orders"][0]["fingerprint"] != before

    def test_one_is_revoked_before_it_is_withdrawn_and_that_is_done_once(
        self, ordering: Ordering
    ) -> None:
        ordering.certificates(**ordering.certificate("a", wait=True))
        gone = {"name": "a", "state": "absent", "revoke": True, "revocation_reason": "superseded"}
        predicted = ordering.predicted(**gone)
        done = ordering.certificates(**gone)
        assert done["operations"] == ["revoke certificate a", "delete certificate a"]
        assert done["diff"] == predicted["diff"]
        assert "certificate a revoked: superseded\n" in done["diff"]["after"]
        assert ordering.authority.revoked == [("a", "superseded")]
        assert not ordering.certificates(**gone)["changed"]
        assert len(ordering.authority.revoked) == 1

    def test_nothing_is_withdrawn_when_one_cannot_be_revoked(self, ordering: Ordering) -> None:
        config = [ordering.certificate("a"), ordering.certificate("b")]
        ordering.certificates(config=config, wait=True)
        before = ordering.told()
        ordering.authority.refuse_revoking("the authority is away")
        gone = [{"name": "a", "state": "absent", "revoke": True}, {"name": "b", "state": "absent"}]
        with pytest.raises(EdgeError, match="is away") as caught:
            ordering.certificates(config=gone)
        start = "config[0] (certificate a): cannot be revoked, so nothing is withdrawn: "
        assert str(caught.value).startswith(start)
        assert ordering.told() == before

    def test_only_what_an_authority_issued_is_revoked(self, ordering: Ordering) -> None:
        ordering.certificates(name="own", provider="self_signed", names=[ordering.host("own")])
        before = ordering.told()
        for check in (True, False):
            with pytest.raises(EdgeError) as caught:
                ordering.certificates(check, name="own", state="absent", revoke=True)
            assert str(caught.value) == (
                "certificate own: revoke is for certificates of provider acme, and this one is of "
                "self_signed"
            )
        assert ordering.told() == before
