# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the configuration says of an authority, as that one meets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from running.ca.records import Rules
from running.ordering import Ordering, ordering, two_ports
from running.scripted_ca import ScriptedCa
from running.service import until


@pytest.fixture
def ca(tmp_path: Path) -> Iterator[ScriptedCa]:
    with ScriptedCa(tmp_path / "ca", Rules(profiles={"short": timedelta(days=6)})) as one:
        yield one


def issuing(ca: ScriptedCa, authority: str, acme: str = "") -> str:
    """Return a configuration with more of one authority, and of the section."""
    return f"""
issuing:
  provider: acme
  acme:
    authorities: [{{directory: "{ca.directory}", trust_file: {ca.trust}, {authority}}}]
    {acme}
"""


def held(folder: Path, section: str, *hosts: str) -> dict[str, str]:
    """Return by host which authority issued for it."""
    with ordering(folder, section, *two_ports()) as edge:
        for host in hosts:
            assert edge.route(host, host) == 201
        return {host: edge.until_order(f"auto {host}", "held")["authority"] for host in hosts}


def test_an_authority_has_its_name_its_contact_and_its_profile(
    tmp_path: Path, ca: ScriptedCa
) -> None:
    own = "name: main, contact: [ops@b.test, sec@b.test], terms_agreed: true, profile: short"
    section = issuing(ca, own, "contact: all@b.test")

    assert held(tmp_path, section, "a.test") == {"a.test": "main"}
    (order,) = ca.orders
    assert order.account.contact == ["mailto:ops@b.test", "mailto:sec@b.test"]
    assert order.profile == "short"


def test_what_is_set_for_all_authorities_is_theirs(tmp_path: Path, ca: ScriptedCa) -> None:
    section = issuing(ca, "", "contact: all@b.test\n    terms_agreed: true")

    assert held(tmp_path, section, "a.test") == {"a.test": "127.0.0.1"}
    (order,) = ca.orders
    assert (order.account.contact, order.profile) == (["mailto:all@b.test"], None)


@pytest.mark.parametrize("kind", ["http-01", "tls-alpn-01"])
def test_control_is_shown_by_the_type_that_is_set(
    tmp_path: Path, ca: ScriptedCa, kind: str
) -> None:
    held(tmp_path, issuing(ca, "terms_agreed: true", f"challenges: {kind}"), "a.test")

    (order,) = ca.orders
    (authorization,) = order.authorizations
    assert [one.type for one in authorization.challenges if one.status == "valid"] == [kind]


def test_no_more_is_ordered_than_an_authority_is_to_get(tmp_path: Path, ca: ScriptedCa) -> None:
    with ordering(tmp_path, issuing(ca, "orders: 2/7d, terms_agreed: true"), *two_ports()) as edge:
        hosts = ("a.test", "b.test", "c.test")
        for host in hosts:
            assert edge.route(host, host) == 201
        until(lambda: states(edge, *hosts) == ["held", "held", "waiting"], "two of three")
        assert len(ca.orders) == 2


def states(edge: Ordering, *hosts: str) -> list[str]:
    return sorted(edge.order(f"auto {host}").get("state", "") for host in hosts)
