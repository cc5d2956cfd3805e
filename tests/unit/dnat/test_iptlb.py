# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of the state of IPTLB: good profiles kept, bad ones named."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptlb import read_state


def shop(**more: Any) -> Dict[str, Any]:
    """Return a profile as IPTLB keeps it."""
    profile: Dict[str, Any] = {
        "destination": ["198.51.100.11:8080", "198.51.100.12:8080"],
        "logEnabled": False,
        "logLevel": "4",
        "protocol": "tcp",
        "rulesBackend": "client",
        "source": "192.0.2.100:80",
    }
    profile.update(more)
    return {name: value for name, value in profile.items() if value is not None}


def other(**more: Any) -> Dict[str, Any]:
    """Return a profile that clashes with none."""
    return shop(source="192.0.2.200:99", **more)


def imported(**more: Any) -> Dict[str, Any]:
    """Return the entry that is made of one profile."""
    config, complaints = read_state({"shop": shop(**more)})
    assert complaints == []
    (entry,) = config
    return entry


def test_a_profile_keeps_all_that_it_says() -> None:
    assert imported(rulesBackend="server", protocol="udp") == {
        "name": "shop",
        "address": "192.0.2.100",
        "port": 80,
        "protocol": "udp",
        "side": "server",
        "destinations": [
            {"address": "198.51.100.11", "port": 8080, "weight": 1},
            {"address": "198.51.100.12", "port": 8080, "weight": 1},
        ],
    }


def test_what_is_not_said_is_as_with_iptlb() -> None:
    entry = imported(protocol=None, rulesBackend=None, logEnabled=None, logLevel=None)
    assert (entry["protocol"], entry["side"], "log" in entry) == ("tcp", "client", False)


@pytest.mark.parametrize(
    ("level", "name"), [("4", "warn"), (7, "debug"), ("0", "emerg"), ("info", "info")]
)
def test_a_level_is_the_engines(level: object, name: str) -> None:
    entry = imported(logEnabled=True, logLevel=level)
    (declared,) = read_declaration({"config": [entry]}).profiles
    assert declared.profile is not None
    assert declared.profile.log is not None
    assert declared.profile.log.level == name


def test_a_level_without_logging_logs_nothing() -> None:
    assert "log" not in imported(logEnabled=False, logLevel="7")


@pytest.mark.parametrize(
    ("spelled", "protocol"), [("TCP", "tcp"), ("17", "udp"), (132, "sctp"), (" udp ", "udp")]
)
def test_protocols_have_several_spellings(spelled: object, protocol: str) -> None:
    assert imported(protocol=spelled)["protocol"] == protocol


def test_a_destination_listed_twice_gets_twice_the_connections() -> None:
    entry = imported(destination=["10.0.0.1:80", "10.0.0.2:80", "10.0.0.1:80"])
    assert [each["weight"] for each in entry["destinations"]] == [2, 1]


def test_destinations_may_be_a_text_with_commas() -> None:
    entry = imported(destination="10.0.0.1:80, 10.0.0.2:81")
    assert [(each["address"], each["port"]) for each in entry["destinations"]] == [
        ("10.0.0.1", 80),
        ("10.0.0.2", 81),
    ]


def test_ipv6_is_taken_in_brackets() -> None:
    entry = imported(source="[2001:db8::1]:80", destination=["[2001:db8::2]:80"])
    assert (entry["address"], entry["port"]) == ("2001:db8::1", 80)


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("my shop", "my-shop"),
        ("_shop", "shop"),
        ("größe", "gr-e"),
        ("x" * 70, "x" * 63),
        ('a"b\\*', "a-b-"),
    ],
)
def test_a_name_that_is_not_ours_is_kept_in_the_comment(original: str, name: str) -> None:
    (entry,) = read_state({original: shop()}).config
    assert entry["name"] == name
    assert entry["comment"].startswith("IPTLB ")
    read_declaration({"config": [entry]})


def test_a_name_that_is_ours_needs_no_comment() -> None:
    assert "comment" not in imported()


def test_a_dot_in_a_name_is_a_mapping_within_a_mapping() -> None:
    config, complaints = read_state({"shop": {"de": shop(), "fr": other()}})
    assert [entry["name"] for entry in config] == ["shop.de", "shop.fr"]
    assert complaints == []


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        (shop(source=None), "source is missing"),
        (shop(source="192.0.2.1"), "source must be address:port, not '192.0.2.1'"),
        (shop(source=80), "source must be address:port, not 80"),
        (shop(source="www.example.com:80"), "www.example.com"),
        (shop(source="192.0.2.300:80"), "192.0.2.300"),
        (shop(source="192.0.2.1:0"), "port must be 1 to 65535, not 0"),
        (shop(source="192.0.2.1:65536"), "port must be 1 to 65535, not 65536"),
        (shop(source="0.0.0.0:80"), "unspecified"),
        (shop(source="2001:db8::1:80"), "source must be address:port"),
        (shop(destination=None), "destination must be a list of address:port, not None"),
        (shop(destination=[]), "destination must be a list of address:port, not []"),
        (shop(destination={"a": 1}), "destination must be a list of address:port"),
        (shop(destination=["10.0.0.1:80", "10.0.0.2"]), "destination[1] must be address:port"),
        (shop(destination=[None]), "destination[0] is missing"),
        (shop(destination=["10.0.0.256:80"]), "10.0.0.256"),
        (shop(destination=["10.0.0.1:99999"]), "port must be 1 to 65535, not 99999"),
        (shop(destination=["192.0.2.100:80"]), "is what the profile captures"),
        (shop(destination=["[2001:db8::1]:80"]), "and the profile's is ipv4"),
        (shop(protocol="icmp"), "protocol must be tcp, udp, sctp, not 'icmp'"),
        (shop(rulesBackend="router"), "rulesBackend must be client, proxy, server"),
        (shop(logEnabled="perhaps"), "logEnabled must be true or false, not 'perhaps'"),
        (shop(logEnabled=True, logLevel="9"), "log_level must be one of"),
        (shop(weights=[1, 2]), "unknown key 'weights'"),
        (shop(source="127.0.0.1:80"), "need masquerade: always"),
        ("192.0.2.1:80", "it is '192.0.2.1:80', not a mapping"),
        (None, "it is None, not a mapping"),
        ([], "it is [], not a mapping"),
        ({}, "source is missing"),
    ],
)
def test_a_bad_profile_is_named_and_the_good_ones_are_kept(profile: object, reason: str) -> None:
    config, complaints = read_state(
        {"before": other(), "bad": profile, "after": other(protocol=17)}
    )
    assert [entry["name"] for entry in config] == ["before", "after"]
    (complaint,) = complaints
    assert complaint.startswith("IPTLB profile 'bad' is left out: ")
    assert reason in complaint
    assert "\n" not in complaint


def test_names_that_become_one_are_named() -> None:
    config, complaints = read_state({"a b": shop(), "a/b": other()})
    assert [entry["name"] for entry in config] == ["a-b"]
    assert complaints == [
        "IPTLB profile 'a/b' is left out: it would be called a-b, as profile 'a b' is: rename one "
        "of them"
    ]


def test_a_name_without_letters_and_digits_is_named() -> None:
    _config, complaints = read_state({"good": shop(), "...": other()})
    assert complaints == ["IPTLB profile '...' is left out: its name has no letter and no digit"]


@pytest.mark.parametrize("side", ["client", "server"])
def test_the_second_profile_for_the_same_packets_is_left_out(side: str) -> None:
    config, complaints = read_state({"one": shop(), "two": shop(rulesBackend=side)})
    assert [entry["name"] for entry in config] == ["one"]
    assert "dnat profile one captures tcp 192.0.2.100:80 (side client) already" in complaints[0]


def test_what_clashes_only_with_a_profile_that_is_left_out_is_kept() -> None:
    state = {
        "one": shop(),
        "two": shop(rulesBackend="server"),
        "three": shop(rulesBackend="proxy"),
    }
    config, complaints = read_state(state)
    assert [entry["name"] for entry in config] == ["one", "three"]
    assert len(complaints) == 1


def test_the_same_source_with_another_protocol_is_taken_as_iptlb_promised() -> None:
    config, complaints = read_state({"tcp": shop(), "udp": shop(protocol="udp")})
    assert (len(config), complaints) == (2, [])
    read_declaration({"config": config})


def test_many_good_profiles_are_one_declaration() -> None:
    state = {"p%d" % number: shop(source="192.0.2.1:%d" % (number + 1)) for number in range(300)}
    config, complaints = read_state(state)
    assert complaints == []
    assert len(read_declaration({"config": config}).profiles) == 300


def test_no_profiles_are_no_error() -> None:
    assert read_state({}) == ([], [])


@pytest.mark.parametrize("state", [None, [], "text", 7])
def test_what_is_no_mapping_is_refused(state: object) -> None:
    with pytest.raises(InvalidInput, match="is not a mapping of names to profiles"):
        read_state(state)


def test_the_state_of_something_else_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_state({"version": 3, "services": {"web": {"image": "nginx"}}})
    assert str(caught.value).startswith("no profile of the IPTLB state can be used: IPTLB profile")
