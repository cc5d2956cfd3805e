# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running proxy orders a wildcard by a program of the operator, and says why when that fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from running.dns_hook import dns_hook
from running.dns_server import DnsServer
from running.ordering import Ordering, of_pebble, ordering, two_ports
from running.pebble import Behaviour, Pebble

ORDER = "auto .shop.example"


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer() as one:
        yield one


@pytest.fixture
def hook(tmp_path: Path, server: DnsServer) -> Path:
    return dns_hook(tmp_path, server)


@pytest.fixture
def edge(tmp_path: Path, server: DnsServer, hook: Path) -> Iterator[Ordering]:
    plain, port = two_ports()
    with Pebble(tmp_path / "ca", Behaviour(plain, port, dns=server.address)) as pebble:
        issuing = of_pebble(pebble, f"dns: {{hook: {hook}}}")
        with ordering(tmp_path, issuing, plain, port) as edge:
            yield edge


def test_a_route_for_a_name_and_all_below_it_gets_one_certificate(
    edge: Ordering, server: DnsServer
) -> None:
    assert edge.route("shop", ".shop.example") == 201
    edge.until_order(ORDER, "held")

    assert edge.shown("shop.example") == edge.shown("any.shop.example") != ""
    assert server.txt("_acme-challenge.shop.example") == set()


def test_what_the_program_says_when_it_fails_is_in_the_status(edge: Ordering, hook: Path) -> None:
    works = hook.read_text()
    hook.write_text("#!/bin/sh\necho the zone is locked >&2\nexit 7\n")
    assert edge.route("shop", ".shop.example") == 201
    order = edge.until_order(ORDER, "failed")
    assert (
        f"{hook} set _acme-challenge.shop.example ended with 7: the zone is locked" in order["said"]
    )

    hook.write_text(works)
    assert edge.renew(ORDER) == 202
    edge.until_order(ORDER, "held")
    assert edge.shown("any.shop.example")
