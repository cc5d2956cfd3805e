# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority may issue for, in its certificate and out of it."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice_proxy.issuing.authority import new_authority, read_authority
from sluice_proxy.issuing.building import leaf_certificate, new_key
from sluice_proxy.issuing.constraints import (
    DEVELOPMENT,
    UNCONSTRAINED,
    Constraints,
    Subtree,
    limited_to,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
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


DOMAINS = st.sampled_from(["test", "a.test", "b.a.test", "atest"])
NETWORKS = st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "fd00::/8", "fd00::/64"]).map(ip_network)
SUBTREES: st.SearchStrategy[list[Subtree]] = st.lists(st.one_of(DOMAINS, NETWORKS), max_size=3)
NAMES = st.sampled_from(
    ["test", "a.test", "x.a.test", "b.a.test", "c.b.a.test", "atest", "x.atest",
     "10.0.0.1", "10.1.0.1", "11.0.0.1", "fd00::1", "fd01::1", "fe80::1"]
)  # fmt: skip


def believed(constraints: Constraints, name: str) -> bool:
    """Return whether somebody else's verifier believes a certificate for ``name``."""
    one = read_authority(new_authority(NOW, host="desk", constraints=constraints))
    leaf = leaf_certificate([name], new_key().public_key(), one.certificate, one.key, NOW)
    subject = x509.IPAddress(ip_address(name)) if _is_address(name) else x509.DNSName(name)
    verifier = PolicyBuilder().store(Store([one.certificate])).time(NOW)
    try:
        verifier.build_server_verifier(subject).verify(leaf, [])
    except VerificationError:
        return False
    return True


def _is_address(name: str) -> bool:
    return name[-1].isdigit()


@settings(max_examples=100, deadline=None)
@given(SUBTREES, SUBTREES, NAMES)
def test_what_is_allowed_is_what_another_verifier_believes(
    permitted: list[Subtree], excluded: list[Subtree], name: str
) -> None:
    constraints = Constraints(tuple(permitted), tuple(excluded))

    assert constraints.allow(name) == believed(constraints, name)
