# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a declaration can have wrong, and what the one line says then."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import read_declaration

V4: dict[str, Any] = {"address": "192.0.2.10", "interface": "eth0"}
V6: dict[str, Any] = {"address": "2001:db8::10", "interface": "eth0"}


def without(item: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != name}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("nothing", {}, "address is required"),
    ("no address", without(V4, "address"), "address is required"),
    ("no interface", without(V4, "interface"), "interface is required"),
    ("a name", {**V4, "address": "www"}, "'www' is not an IPv4 or IPv6 address"),
    ("an empty address", {**V4, "address": " "}, "address is empty"),
    ("three octets", {**V4, "address": "192.0.2"}, "is not an IPv4 or IPv6 address"),
    ("a leading zero", {**V4, "address": "192.0.02.10"}, "is not an IPv4 or IPv6 address"),
    ("a port", {**V4, "address": "192.0.2.10:80"}, "is not an IPv4 or IPv6 address"),
    ("a zone", {**V6, "address": "fe80::1%eth0"}, "is not an IPv4 or IPv6 address"),
    ("a list", {**V4, "address": ["192.0.2.10"]}, "address must be text, not a list"),
    ("33 bits", {**V4, "address": "192.0.2.10/33"}, "'33' is not a prefix length of 0 to 32"),
    ("129 bits", {**V6, "address": "2001:db8::1/129"}, "not a prefix length of 0 to 128"),
    ("negative bits", {**V4, "address": "192.0.2.10/-1"}, "not a prefix length"),
    ("no bits", {**V4, "address": "192.0.2.10/"}, "not a prefix length"),
    ("prefix 33", {**V4, "prefix": 33}, "prefix: '33' is not a prefix length"),
    ("prefix 0", {**V4, "prefix": 0}, "prefix length 0"),
    ("prefix of words", {**V4, "prefix": "wide"}, "prefix: 'wide' is not a prefix length"),
    ("prefix true", {**V4, "prefix": True}, "prefix must be text, not a boolean"),
    ("two prefixes", {**V4, "address": "192.0.2.10/24", "prefix": 32}, "32 contradicts /24"),
    ("0.0.0.0", {**V4, "address": "0.0.0.0"}, "is the unspecified address"),
    ("::", {**V6, "address": "::"}, "is the unspecified address"),
    ("IPv4 multicast", {**V4, "address": "224.0.0.18"}, "is a multicast address"),
    ("IPv6 multicast", {**V6, "address": "ff02::1"}, "is a multicast address"),
    ("limited broadcast", {**V4, "address": "255.255.255.255"}, "is the broadcast address"),
    ("broadcast", {**V4, "address": "192.0.2.255/24"}, "is the broadcast address of its /24"),
    ("network", {**V4, "address": "192.0.2.0/24"}, "is the network address of its /24"),
    ("127.0.0.1", {**V4, "address": "127.0.0.1", "interface": "lo"}, "is a loopback address"),
    ("::1", {**V6, "address": "::1", "interface": "lo"}, "is a loopback address"),
    ("mapped", {**V6, "address": "::ffff:192.0.2.1"}, "mapped into IPv6: write it as IPv4"),
    ("a long name", {**V4, "interface": "interface-number-1"}, "is not the name of an interface"),
    ("a path", {**V4, "interface": "../eth0"}, "is not the name of an interface"),
    ("a dot", {**V4, "interface": "."}, "is not the name of an interface"),
    ("a blank", {**V4, "interface": "eth 0"}, "is not the name of an interface"),
    ("a label", {**V4, "interface": "eth0:1"}, "give interface eth0 and label eth0:1"),
    ("IPv6 label", {**V6, "label": "eth0:1"}, "label does not go with an IPv6 address"),
    ("another's label", {**V4, "label": "eth1:1"}, "must start with the interface's name"),
    ("near label", {**V4, "label": "eth01"}, "must start with the interface's name"),
    ("bare label", {**V4, "label": "1"}, "must start with the interface's name"),
    ("open label", {**V4, "label": "eth0:"}, "must start with the interface's name"),
    ("a long label", {**V4, "label": "eth0:eleven-char"}, "has more than 15 bytes"),
    ("two labels", {**V4, "label": "eth0:1", "alias": "eth0:2"}, "is also called"),
    ("ip and address", {**V4, "ip": "192.0.2.11"}, "is also called"),
    ("lifetime words", {**V4, "preferred_lifetime": "long"}, "must be a whole number"),
    ("negative lifetime", {**V4, "preferred_lifetime": -1}, "must be 0 to 4294967294, not -1"),
    ("endless number", {**V4, "preferred_lifetime": 2**32 - 1}, "must be 0 to 4294967294"),
    ("half a second", {**V4, "preferred_lifetime": 0.5}, "must be a whole number"),
    ("IPv4 nodad", {**V4, "nodad": True}, "nodad does not go with an IPv4 address"),
    ("IPv6 ARP", {**V6, "duplicate_detection": False}, "does not go with an IPv6 address"),
    ("IPv6 ARP time", {**V6, "duplicate_detection_timeout": 1}, "does not go with an IPv6"),
    ("nodad words", {**V6, "nodad": "perhaps"}, "nodad must be true or false"),
    ("no waiting", {**V4, "duplicate_detection_timeout": 0}, "must be 0.2 to 60, not 0"),
    ("endless waiting", {**V4, "duplicate_detection_timeout": 61}, "must be 0.2 to 60, not 61"),
    ("negative count", {**V4, "announce_count": -1}, "announce_count must be 0 to 100"),
    ("flood", {**V4, "announce_count": 101}, "announce_count must be 0 to 100"),
    ("fast flood", {**V4, "announce_interval": 0}, "announce_interval must be 0.1 to 60"),
    ("not a number", {**V4, "announce_interval": "nan"}, "announce_interval must be 0.1 to 60"),
    ("a state", {**V4, "state": "up"}, "state must be one of present, absent, not 'up'"),
]


@pytest.mark.parametrize(
    ("item", "reason"),
    [(item, why) for _id, item, why in WRONG],
    ids=[name for name, _item, _why in WRONG],
)
def test_a_wrong_item_is_refused_by_name(item: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as single:
        read_declaration(item)
    assert reason in str(single.value)
    with pytest.raises(InvalidInput) as listed:
        read_declaration({"config": [{"address": "198.51.100.1", "interface": "eth0"}, item]})
    message = str(listed.value)
    assert message.startswith("config[1]")
    assert reason in message
    assert "\n" not in message


WRONG_TASKS: list[tuple[str, dict[str, Any], str]] = [
    ("unknown option", {"config": [{**V4, "interfaces": 1}]}, "did you mean interface?"),
    ("no dictionary", {"config": ["192.0.2.10"]}, "config[0] must be a dictionary"),
    ("both shapes", {**V4, "config": [V6]}, "address and config exclude each other"),
    ("twice", {"config": [V4, V6, V4]}, "config[2] (192.0.2.10 on eth0): is declared twice"),
    (
        "twice, other prefix",
        {"config": [V4, {**V4, "prefix": 24}]},
        "config[1] (192.0.2.10 on eth0): is declared twice, first in config[0]",
    ),
    (
        "twice, spelled otherwise",
        {"config": [V6, {**V6, "address": "2001:DB8:0::10"}]},
        "is declared twice",
    ),
    (
        "present and absent",
        {"config": [V4, {**V4, "state": "absent"}]},
        "is declared present and absent, the other time in config[0]",
    ),
    ("purge of one", {**V4, "purge": True, "purge_scope": ["192.0.2.0/24"]}, "needs config"),
    ("unlimited purge", {"config": [V4], "purge": True}, "purge needs purge_scope"),
    ("empty scope", {"config": [], "purge": True, "purge_scope": []}, "purge needs purge_scope"),
    ("scope alone", {"config": [], "purge_scope": ["192.0.2.0/24"]}, "need purge: true"),
    (
        "wrong scope",
        {"config": [], "purge": True, "purge_scope": ["eth0"]},
        "purge_scope: 'eth0' is not",
    ),
    (
        "wrong ignore",
        {"config": [], "purge": True, "purge_scope": ["::/0"], "purge_ignore": ["::/200"]},
        "purge_ignore: '::/200': '200' is not a prefix length",
    ),
]


@pytest.mark.parametrize(
    ("params", "reason"),
    [(item, why) for _id, item, why in WRONG_TASKS],
    ids=[name for name, _item, _why in WRONG_TASKS],
)
def test_a_wrong_task_is_refused(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_declaration(params)
    assert reason in str(caught.value)


def test_defaults_suit_a_virtual_address() -> None:
    (four, six) = read_declaration({"config": [V4, V6]}).addresses
    assert (four.entry.prefix, six.entry.prefix) == (32, 128)
    assert four.entry.preferred_lifetime is None
    assert four.manner.detect
    assert not six.manner.nodad
    assert (four.manner.announce_count, four.manner.announce_interval) == (3, 1.1)
    assert not four.absent


@pytest.mark.parametrize(
    ("item", "line"),
    [
        ({**V4, "address": "192.0.2.10/24"}, "192.0.2.10/24 dev eth0"),
        ({**V4, "address": "192.0.2.10/24", "prefix": "24"}, "192.0.2.10/24 dev eth0"),
        ({**V4, "prefix": "255.255.255.0"}, "192.0.2.10/24 dev eth0"),
        ({**V4, "address": "192.0.2.0/31"}, "192.0.2.0/31 dev eth0"),
        ({**V4, "address": "192.0.2.255"}, "192.0.2.255/32 dev eth0"),
        ({**V4, "label": "eth0"}, "192.0.2.10/32 dev eth0"),
        ({**V4, "alias": "eth0:1"}, "192.0.2.10/32 dev eth0 label eth0:1"),
        ({**V4, "preferred_lifetime": "forever"}, "192.0.2.10/32 dev eth0"),
        ({**V4, "preferred_lifetime": "0"}, "192.0.2.10/32 dev eth0 preferred_lft 0"),
        ({**V6, "preferred_lifetime": 60}, "2001:db8::10/128 dev eth0 preferred_lft 60"),
        ({"ip": "2001:DB8:0:0::10/64", "interface": "br-lan.1"}, "2001:db8::10/64 dev br-lan.1"),
        ({**V6, "address": "fe80::10/64"}, "fe80::10/64 dev eth0"),
    ],
)
def test_spellings_have_one_meaning(item: dict[str, Any], line: str) -> None:
    (declared,) = read_declaration(item).addresses
    assert declared.entry.line() == line
