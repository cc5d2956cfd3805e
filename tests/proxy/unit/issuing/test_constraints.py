# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority may issue for, in its certificate and out of it."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from sluice_proxy.issuing.constraints import DEVELOPMENT, UNCONSTRAINED, Constraints, limited_to

ONE_DOMAIN = limited_to(["dev.example.com"], [])
ONE_NETWORK = limited_to([], [ip_network("192.0.2.0/24")])


@pytest.mark.parametrize(
    "name",
    [
        "app.test", "*.app.test", "localhost", "a.localhost", "db.home.arpa", "x.internal",
        "127.0.0.1", "10.1.2.3", "192.0.2.7", "::1", "fd00::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_names_that_are_nobodys_are_allowed_for_development(name: str) -> None:
    assert DEVELOPMENT.allow(name)


@pytest.mark.parametrize(
    "name", ["example.com", "*.bank.com", "test.com", "atest", "8.8.8.8", "2606:4700::1111"]
)
def test_names_of_the_internet_are_not_allowed_for_development(name: str) -> None:
    assert not DEVELOPMENT.allow(name)


def test_all_is_allowed_without_constraints() -> None:
    assert UNCONSTRAINED.allow("example.com")
    assert UNCONSTRAINED.allow("8.8.8.8")
    assert UNCONSTRAINED.extension() is None


def test_a_kind_of_which_nothing_is_named_is_not_left_open() -> None:
    assert ONE_DOMAIN.allow("a.dev.example.com")
    assert not ONE_DOMAIN.allow("example.com")
    assert not ONE_DOMAIN.allow("192.0.2.1")
    assert not ONE_DOMAIN.allow("2001:db8::1")
    assert ONE_NETWORK.allow("192.0.2.1")
    assert not ONE_NETWORK.allow("2001:db8::1")
    assert not ONE_NETWORK.allow("app.test")


def test_what_is_excluded_is_so_though_it_is_permitted() -> None:
    both = Constraints(permitted=("test",), excluded=("secret.test",))

    assert both.allow("app.test")
    assert not both.allow("a.secret.test")
