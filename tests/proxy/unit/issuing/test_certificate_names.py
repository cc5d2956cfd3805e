# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a certificate may be made for, and what the routes register."""

from __future__ import annotations

import pytest
from sluice_proxy.issuing.names import MOST_NAMES, BadName, as_address, certificate_names
from sluice_proxy.issuing.registering import RegisteredNames, names_of_host
from sluice_proxy.routes.model.host_pattern import parse_host_pattern


def registered(*patterns: str) -> RegisteredNames:
    return RegisteredNames(map(parse_host_pattern, patterns))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("App.Test.", "app.test"),
        ("localhost", "localhost"),
        ("*.App.test", "*.app.test"),
        ("bücher.test", "xn--bcher-kva.test"),
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
    ],
)
def test_a_name_has_one_form(text: str, name: str) -> None:
    assert certificate_names([text]) == (name,)


def test_each_name_is_in_it_once_and_the_first_stays_first() -> None:
    assert certificate_names(["b.test", "a.test", "B.test."]) == ("b.test", "a.test")


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ([], "needs a name"),
        ([""], "host name is empty"),
        (["a b.test"], "is not a host name"),
        (["https://a.test"], "is not a host name"),
        (["a.test:443"], "is not a host name"),
        (["*"], "is not a host name"),
        (["*.*.a.test"], "is not a host name"),
        (["a.*.test"], "is not a host name"),
        (["w*.a.test"], "is not a host name"),
        ([".a.test"], "is not a host name"),
        (["192.0.2.256"], "neither a host name nor an IPv4 address"),
        (["192.0.2.0/24"], "is not a host name"),
        (["fe80::1%eth0"], "has a zone"),
        (["*.test"], "a domain of two labels"),
        (["*.localhost"], "a domain of two labels"),
        (["*.192.0.2.1"], "a domain of two labels"),
        (["a" * 64 + ".test"], "is not a host name"),
        ([f"{n}.test" for n in range(MOST_NAMES + 1)], f"{MOST_NAMES} are possible"),
    ],
)
def test_what_is_no_name_is_refused_in_one_line(texts: list[str], says: str) -> None:
    with pytest.raises(BadName, match=says) as refused:
        certificate_names(texts)
    assert "\n" not in str(refused.value)


def test_addresses_are_told_from_dns_names() -> None:
    assert as_address("a.test") is None
    assert str(as_address("::1")) == "::1"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("app.test", ("app.test",)),
        ("*.app.test", ("*.app.test",)),
        (".app.test", ("app.test", "*.app.test")),
        (".localhost", ("localhost",)),
        ("192.0.2.1", ("192.0.2.1",)),
        ("[2001:db8::1]", ("2001:db8::1",)),
        ("*.test", ()),
        ("www.**", ()),
        ("www.**.app.test", ()),
        ("*", ()),
    ],
)
def test_a_pattern_with_an_end_gives_names(pattern: str, names: tuple[str, ...]) -> None:
    assert names_of_host(parse_host_pattern(pattern)) == names


def test_names_of_routes_are_registered_and_others_are_not() -> None:
    known = registered("app.test", "*.wild.test", ".below.test", "192.0.2.1", ".0.2.9")

    for name in (
        "app.test", "*.wild.test", "a.wild.test", "below.test", "a.below.test", "*.below.test",
        "a.b.below.test", "*.b.below.test", "192.0.2.1",
    ):  # fmt: skip
        assert name in known, name
    for name in (
        "other.test", "a.app.test", "wild.test", "a.b.wild.test", "*.app.test", "abelow.test",
        "192.0.2.2", "2.192.0.2.1", "192.0.2.9",
    ):  # fmt: skip
        assert name not in known, name


def test_a_route_for_every_host_registers_no_name() -> None:
    known = registered("*", "www.**")

    assert "anything.test" not in known
    assert "www.anything.test" not in known


def test_every_name_of_a_host_is_registered() -> None:
    patterns = ("a.test", ".b.test", "*.c.test", "*", "www.**", "[::1]", "192.0.2.1", ".localhost")
    known = registered(*patterns)

    names = [name for one in map(parse_host_pattern, patterns) for name in names_of_host(one)]
    assert len(names) == 7
    assert all(name in known for name in names)
