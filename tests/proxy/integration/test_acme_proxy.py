# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running proxy has certificates ordered of a real authority, shows them, renews and revokes."""

from __future__ import annotations

from pathlib import Path

import pytest
from running.ordering import of_pebble, ordering, two_ports
from running.pebble import Behaviour, Pebble


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_route_gets_its_certificate_and_keeps_it_over_a_restart(
    tmp_path: Path, challenge: str
) -> None:
    plain, port = two_ports()
    with Pebble(tmp_path / "ca", Behaviour(plain, port)) as pebble:
        issuing = of_pebble(pebble, f"challenges: {challenge}")
        with ordering(tmp_path, issuing, plain, port) as edge:
            assert edge.route("a", "a.test") == 201
            edge.until_order("auto a.test", "held")
            shown = edge.shown("a.test")
            assert shown
            assert pebble.orders == 1
            assert edge.proxy.stop() == 0
            edge.proxy.start()
            edge.proxy.wait_ready(2)
            assert edge.shown("a.test") == shown
            edge.until_order("auto a.test", "held")
        assert pebble.orders == 1
