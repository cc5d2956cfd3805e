# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers are told what to ask the supervisor about; what would be in vain they do not ask."""

from __future__ import annotations

import pytest
from sluice_proxy.resources.demanding import asking_of
from sluice_proxy.routes.model.host_pattern import HostPattern, parse_host_pattern
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.asking import Asking, Demand
from sluice_proxy.snapshot.issuing import Issuing, OnDemand, Provider


def patterns(*hosts: str) -> tuple[HostPattern, ...]:
    return tuple(map(parse_host_pattern, hosts))


ROUTES = [
    Route("a", hosts=patterns("a.test", "*.b.test", "*", "www.**")),
    Route("b", hosts=patterns("a.test", ".c.test")),
]


@pytest.mark.parametrize("provider", [None, Provider.SELF_SIGNED, Provider.LOCAL_CA])
def test_without_an_authority_and_without_demand_nothing_is_asked(
    provider: Provider | None,
) -> None:
    assert asking_of(Issuing(provider), ROUTES) == Asking()


@pytest.mark.parametrize("provider", [None, Provider.SELF_SIGNED])
def test_nor_where_nobody_issues_on_demand(provider: Provider | None) -> None:
    assert asking_of(Issuing(provider, on_demand=OnDemand()), ROUTES) == Asking()


def test_an_authority_may_come_to_validate() -> None:
    assert asking_of(Issuing(Provider.ACME), ROUTES) == Asking(validations=True)


def test_names_of_routes_and_of_the_file_may_be_asked_for_each_once_and_none_without_an_end() -> (
    None
):
    on_demand = OnDemand(patterns(".d.test", "a.test"), wait=9.0)
    found = asking_of(Issuing(Provider.ACME, on_demand=on_demand), ROUTES)

    expected = patterns(".d.test", "a.test", "*.b.test", ".c.test")
    assert found == Asking(True, Demand(expected, any_name=False, wait=9.0))


def test_others_may_be_where_somebody_is_asked_about_them() -> None:
    on_demand = OnDemand(ask="http://127.0.0.1/ask")
    found = asking_of(Issuing(Provider.LOCAL_CA, on_demand=on_demand), [])

    assert found == Asking(False, Demand((), any_name=True, wait=30.0))
