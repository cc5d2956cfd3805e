# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What converging virtual addresses promises, on any host: a fake one and a real kernel.

A test class derives from the contract and gives it a ``host`` fixture: an interface ``eth0`` with
neighbours, and ``lo``.
"""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Protocol

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    InvalidInput,
    Refused,
)

Params = Dict[str, Any]

QUICK_V4 = {"duplicate_detection_timeout": 0.3, "announce_count": 0}
QUICK_V6 = {"nodad": True, "announce_count": 0}


class Seen(NamedTuple):
    """An address as an independent look at the host shows it."""

    interface: str
    address: str
    label: str | None = None
    deprecated: bool = False


class HostUnderTest(Protocol):
    """How the contract works on a host."""

    def run(self, params: Params, check: bool = False) -> dict[str, Any]: ...

    def info(self, params: Params) -> dict[str, Any]: ...

    def seen(self) -> set[Seen]:
        """Look at the addresses of eth0 and lo, loopback and link-local ones left out."""

    def add(self, interface: str, address: str) -> None:
        """Add an address as another program would."""

    def hold(self, address: str) -> str:
        """Give a neighbour of eth0 the address; return its MAC address."""

    def disable_ipv6(self, interface: str) -> None: ...


def v4(address: str, interface: str = "eth0", **more: Any) -> Params:
    return {"address": address, "interface": interface, **QUICK_V4, **more}


def v6(address: str, interface: str = "eth0", **more: Any) -> Params:
    return {"address": address, "interface": interface, **QUICK_V6, **more}


def converges(host: HostUnderTest, params: Params) -> dict[str, Any]:
    """Predict, apply, apply again: the promise that every change keeps."""
    before = host.seen()
    predicted = host.run(params, check=True)
    assert host.seen() == before, "check mode wrote"
    applied = host.run(params)
    assert predicted == applied
    assert applied["changed"], "nothing changed"
    assert host.seen() != before
    assert host.run(params)["operations"] == []
    assert not host.run(params, check=True)["changed"]
    return applied


def refuses(host: HostUnderTest, params: Params, kind: type[EdgeError]) -> str:
    """Run what must fail and change nothing; return the error's one line."""
    before = host.seen()
    with pytest.raises(kind) as caught:
        host.run(params)
    assert host.seen() == before, "a failed run left something behind"
    assert "\n" not in str(caught.value)
    return str(caught.value)


class VirtualAddressContract:
    @pytest.mark.parametrize("interface", ["eth0", "lo"])
    @pytest.mark.parametrize(
        ("item", "shown"),
        [
            (v4("192.0.2.10"), "192.0.2.10/32"),
            (v4("192.0.2.10/24"), "192.0.2.10/24"),
            (v4("192.0.2.10", prefix=25), "192.0.2.10/25"),
            (v6("2001:db8::10"), "2001:db8::10/128"),
            (v6("2001:db8::10/64"), "2001:db8::10/64"),
        ],
    )
    def test_an_address_is_added(
        self, host: HostUnderTest, item: Params, shown: str, interface: str
    ) -> None:
        result = converges(host, {**item, "interface": interface})
        assert host.seen() == {Seen(interface, shown)}
        assert result["operations"] == ["create virtual address %s on %s" % (shown, interface)]
        assert result["diff"]["after"] == "%s dev %s\n" % (shown, interface)

    def test_a_list_of_both_families_is_added_in_one_go(self, host: HostUnderTest) -> None:
        config = [v4("192.0.2.%d" % number) for number in range(1, 21)]
        config += [v6("2001:db8::%x" % number) for number in range(1, 21)]
        converges(host, {"config": config})
        assert len(host.seen()) == 40

    def test_ipv6_detection_is_waited_for(self, host: HostUnderTest) -> None:
        converges(host, v6("2001:db8::10", nodad=False))
        details = host.info({"interface": "eth0"})["details"]
        assert [detail["tentative"] for detail in details] == [False]

    @pytest.mark.parametrize("item", [v4("192.0.2.10/24"), v6("2001:db8::10/64")])
    def test_an_address_of_another_program_is_adopted(
        self, host: HostUnderTest, item: Params
    ) -> None:
        host.add("eth0", item["address"])
        assert not host.run(item)["changed"]

    def test_a_label_is_given_changed_and_taken_away(self, host: HostUnderTest) -> None:
        converges(host, v4("192.0.2.10", label="eth0:1"))
        assert host.seen() == {Seen("eth0", "192.0.2.10/32", "eth0:1")}
        result = converges(host, v4("192.0.2.10", label="eth0:www"))
        assert result["operations"] == ["change virtual address 192.0.2.10/32 on eth0"]
        assert host.seen() == {Seen("eth0", "192.0.2.10/32", "eth0:www")}
        converges(host, v4("192.0.2.10"))
        assert host.seen() == {Seen("eth0", "192.0.2.10/32")}

    def test_a_label_change_of_a_primary_keeps_its_secondaries(self, host: HostUnderTest) -> None:
        for number in (1, 2, 3):
            host.add("eth0", "192.0.2.%d/24" % number)
        converges(host, v4("192.0.2.1/24", label="eth0:1"))
        assert host.seen() == {
            Seen("eth0", "192.0.2.1/24", "eth0:1"),
            Seen("eth0", "192.0.2.2/24"),
            Seen("eth0", "192.0.2.3/24"),
        }

    @pytest.mark.parametrize("item", [v4("192.0.2.10"), v6("2001:db8::10")])
    def test_an_address_is_kept_from_being_a_source(
        self, host: HostUnderTest, item: Params
    ) -> None:
        host.run(item)
        (normal,) = host.seen()
        converges(host, {**item, "preferred_lifetime": 0})
        assert host.seen() == {normal._replace(deprecated=True)}
        converges(host, {**item, "preferred_lifetime": "forever"})
        assert host.seen() == {normal}

    @pytest.mark.parametrize("item", [v4("192.0.2.10"), v6("2001:db8::10")])
    def test_a_lifetime_in_seconds_runs(self, host: HostUnderTest, item: Params) -> None:
        params = {**item, "preferred_lifetime": 1000}
        converges(host, params)
        (detail,) = host.info({})["details"]
        assert 900 < detail["preferred_lifetime"] <= 1000
        assert detail["valid_lifetime"] == "forever"
        longer = {**item, "preferred_lifetime": 100000}
        predicted = host.run(longer, check=True)
        assert predicted["changed"]
        assert host.run(longer) == predicted
        assert not host.run(longer)["changed"]
        shorter = {**item, "preferred_lifetime": 100}
        assert host.run(shorter)["changed"]
        assert not host.run(shorter)["changed"]

    def test_absent_removes_exactly_that_address(self, host: HostUnderTest) -> None:
        for address in ("192.0.2.1/24", "192.0.2.10/32", "192.0.2.11/32", "2001:db8::1/64"):
            host.add("eth0", address)
        converges(host, v4("192.0.2.10", state="absent"))
        assert {entry.address for entry in host.seen()} == {
            "192.0.2.1/24",
            "192.0.2.11/32",
            "2001:db8::1/64",
        }
        converges(host, v6("2001:db8::1/64", state="absent"))
        assert not host.run(v4("192.0.2.99", state="absent"))["changed"]
        assert not host.run(v4("192.0.2.99", "eth9", state="absent"))["changed"]

    def test_a_primary_goes_alone(self, host: HostUnderTest) -> None:
        for number in (1, 2, 3):
            host.add("eth0", "192.0.2.%d/24" % number)
        converges(host, v4("192.0.2.1/24", state="absent"))
        assert {entry.address for entry in host.seen()} == {"192.0.2.2/24", "192.0.2.3/24"}

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_the_hosts_own_prefix_is_never_changed(self, host: HostUnderTest, state: str) -> None:
        host.add("eth0", "192.0.2.1/24")
        reason = refuses(host, v4("192.0.2.1", state=state), InvalidInput)
        assert reason.startswith("192.0.2.1 on eth0: is there")
        assert "prefix: 24" in reason

    def test_absent_with_another_prefix_leaves_the_hosts_own(self, host: HostUnderTest) -> None:
        host.add("eth0", "192.0.2.1/24")
        assert not host.run(v4("192.0.2.1/32", state="absent"))["changed"]

    def test_an_address_moves_between_interfaces_in_one_task(self, host: HostUnderTest) -> None:
        host.add("lo", "192.0.2.10/32")
        config = [v4("192.0.2.10", "lo", state="absent"), v4("192.0.2.10", "eth0")]
        converges(host, {"config": config})
        assert host.seen() == {Seen("eth0", "192.0.2.10/32")}

    def test_purge_takes_what_is_in_its_scope_and_not_listed(self, host: HostUnderTest) -> None:
        for address in ("192.0.2.1/32", "192.0.2.2/32", "192.0.2.66/32", "198.51.100.1/32"):
            host.add("eth0", address)
        host.add("lo", "192.0.2.67/32")
        host.add("eth0", "2001:db8::5/64")
        converges(
            host,
            {
                "config": [v4("192.0.2.65"), v4("192.0.2.66")],
                "purge": True,
                "purge_scope": ["192.0.2.0/24"],
                "purge_ignore": ["192.0.2.1"],
            },
        )
        assert {(entry.interface, entry.address) for entry in host.seen()} == {
            ("eth0", "192.0.2.1/32"),
            ("eth0", "192.0.2.65/32"),
            ("eth0", "192.0.2.66/32"),
            ("eth0", "198.51.100.1/32"),
            ("eth0", "2001:db8::5/64"),
        }

    def test_a_purge_leaves_what_connects_the_host_to_a_subnet(self, host: HostUnderTest) -> None:
        for address in ("192.0.2.1/24", "192.0.2.2/24", "2001:db8::5/64"):
            host.add("eth0", address)
        everything = {"config": [], "purge": True, "purge_scope": ["0.0.0.0/0", "::/0"]}
        assert not host.run(everything)["changed"]
        assert len(host.seen()) == 3

    def test_without_take_addresses_go_but_none_comes(self, host: HostUnderTest) -> None:
        host.add("eth0", "192.0.2.10/32")
        host.add("eth0", "192.0.2.11/32")
        declared = {
            "config": [v4("192.0.2.10"), v4("192.0.2.12")],
            "purge": True,
            "purge_scope": ["192.0.2.0/24"],
        }
        converges(host, dict(declared, take=False))
        assert {entry.address for entry in host.seen()} == {"192.0.2.10/32"}
        converges(host, declared)
        assert {entry.address for entry in host.seen()} == {"192.0.2.10/32", "192.0.2.12/32"}

    def test_a_purge_of_everything_leaves_what_the_kernel_made(self, host: HostUnderTest) -> None:
        host.add("eth0", "192.0.2.1/32")
        before = len(host.info({"scope": "all"})["details"])
        everything = {"config": [], "purge": True, "purge_scope": ["0.0.0.0/0", "::/0"]}
        converges(host, everything)
        assert len(host.info({"scope": "all"})["details"]) == before - 1

    def test_without_purge_nothing_else_is_touched(self, host: HostUnderTest) -> None:
        host.add("eth0", "198.51.100.1/24")
        host.run({"config": [v4("192.0.2.10")]})
        host.run({"config": []})
        assert len(host.seen()) == 2

    def test_a_missing_interface_stops_the_whole_list(self, host: HostUnderTest) -> None:
        reason = refuses(
            host, {"config": [v4("192.0.2.10"), v4("192.0.2.11", "eth9")]}, InvalidInput
        )
        assert reason.startswith("config[1] (192.0.2.11 on eth9): interface eth9 does not exist")

    def test_an_ipv4_address_that_a_neighbour_has_is_not_taken(self, host: HostUnderTest) -> None:
        mac = host.hold("192.0.2.50/24")
        config = [v4("192.0.2.49"), v4("192.0.2.50"), v4("192.0.2.51")]
        reason = refuses(host, {"config": config}, Refused)
        assert "%s has 192.0.2.50 behind eth0" % mac in reason
        assert "nothing was changed" in reason
        assert host.run({"config": config}, check=True)["changed"], "check mode asks nobody"
        assert host.run(v4("192.0.2.50", duplicate_detection=False))["changed"]

    def test_an_ipv6_address_that_a_neighbour_has_is_given_back(self, host: HostUnderTest) -> None:
        host.hold("2001:db8::50/64")
        config = [v6("2001:db8::49/64"), v6("2001:db8::50/64", nodad=False)]
        reason = refuses(host, {"config": config}, Refused)
        assert "cannot create virtual address 2001:db8::50/64 on eth0: another host" in reason
        assert "everything done before was undone" in reason

    def test_a_refusal_at_the_end_of_a_hundred_takes_all_back(self, host: HostUnderTest) -> None:
        host.add("eth0", "192.0.2.1/24")
        host.disable_ipv6("lo")
        config = [v4("192.0.2.%d" % number) for number in range(100, 200)]
        config.append(v4("192.0.2.1/24", label="eth0:own"))
        config.append(v6("2001:db8::1", "lo"))
        reason = refuses(host, {"config": config}, Refused)
        assert "ipv6 is not enabled on lo" in reason
        assert "everything done before was undone" in reason

    def test_info_is_a_declaration_of_what_is_there(self, host: HostUnderTest) -> None:
        host.run(
            {
                "config": [
                    v4("192.0.2.10", label="eth0:1", preferred_lifetime=0),
                    v4("192.0.2.11/24"),
                    v4("192.0.2.12", "lo", preferred_lifetime=5000),
                    v6("2001:db8::10/64", preferred_lifetime=5000),
                    v6("2001:db8::11", preferred_lifetime=0),
                ]
            }
        )
        found = host.info({})["addresses"]
        assert len(found) == 5
        assert not host.run({"config": found})["changed"]
        before = host.seen()
        host.run({"config": [{**entry, "state": "absent"} for entry in found]})
        assert host.seen() == set()
        quick = [
            {**(QUICK_V6 if ":" in entry["address"] else QUICK_V4), **entry} for entry in found
        ]
        host.run({"config": quick})
        assert host.seen() == before
