# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three proxies with one Redis behind a balancer: one order for each name, whatever dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from cryptography import x509
from running.balancer import Balancer
from running.ordering import Ordering, of_pebble
from running.pebble import Behaviour, Pebble
from running.proxies import NODES, Proxies, declare, kill
from running.redis_server import RedisServer
from running.service import until
from sluice_proxy.ordering.keeper.flights import AT_ONCE


@dataclass
class Fleet:
    proxies: Proxies
    pebble: Pebble
    redis: RedisServer


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Yield a fleet that the tests leave as it was, each with names of its own: to start one takes
    long."""
    # The path of a socket has to be short.
    folder = tmp_path_factory.mktemp("fleet")
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(folder / "redis"))
        ca: list[Pebble] = []

        def issuing(plain: Balancer, tls: Balancer) -> str:
            behaviour = Behaviour(plain.port, tls.port, authz_reuse=0)
            ca.append(stack.enter_context(Pebble(folder / "ca", behaviour)))
            return of_pebble(ca[0])

        proxies = stack.enter_context(Proxies(folder, redis, issuing))
        yield Fleet(proxies, ca[0], redis)


def restart(node: Ordering) -> None:
    ready = node.proxy.hear().count("READY=1")
    node.proxy.start()
    node.proxy.wait_ready(ready + 1)


def log(node: Ordering) -> str:
    return (node.folder / "error.log").read_text()


def names_of(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return found.value.get_values_for_type(x509.DNSName)


def issued(pebble: Pebble, names: Collection[str]) -> Counter[str]:
    """Return how many certificates there are for each name."""
    found = Counter(name for one in pebble.issued for name in names_of(one))
    return Counter({name: found[name] for name in names if found[name]})


def test_names_requested_of_all_nodes_at_once_are_ordered_once_each(fleet: Fleet) -> None:
    names = [f"n{number}.once.test" for number in range(100)]
    before = fleet.pebble.orders
    fleet.proxies.declare(names)
    fleet.proxies.until_held(names)

    assert fleet.pebble.orders == before + 100
    assert issued(fleet.pebble, names) == Counter(names)
    # Whichever node ordered, each of them was asked for the answers.
    assert len(fleet.proxies.plain.sent) == NODES
    for name in names[::20]:
        (shown,) = fleet.proxies.shown(name)
        assert shown


def test_validations_by_tls_reach_any_node_as_well(fleet: Fleet) -> None:
    names = [f"n{number}.tls.test" for number in range(12)]
    before = fleet.pebble.orders

    def declare_by_tls(node: Ordering) -> None:
        for name in names:
            assert node.certificate(name, name, challenge="tls-alpn-01")[0] == 201

    fleet.proxies.each(declare_by_tls)
    fleet.proxies.until_held(names, of="")

    assert fleet.pebble.orders == before + 12
    assert len(fleet.proxies.tls.sent) == NODES
    (shown,) = fleet.proxies.shown(names[0])
    assert shown


def test_what_a_node_that_dies_was_ordering_another_one_finishes(fleet: Fleet) -> None:
    proxies, pebble, name = fleet.proxies, fleet.pebble, "a.dying.test"
    before = pebble.orders
    proxies.plain.hold()
    proxies.declare([name])
    until(lambda: proxies.plain.held, "a validation that is under way")
    pebble.pause()
    with fleet.redis.client() as client:
        (lease,) = client.keys("sluice:lease:certificate *")
        holder = client.hget(lease, "holder").decode()
    (dead,) = (one for one in proxies.nodes if f":{one.proxy.process.pid}:" in holder)
    alive = [one for one in proxies.nodes if one is not dead]
    kill(dead)
    try:
        proxies.plain.release()
        pebble.resume()
        with fleet.redis.client() as client:
            assert 0 < client.pttl(lease) <= 30_000
            assert pebble.orders == before + 1
            # Nobody renews it any more. Its time passes, here sooner.
            client.pexpire(lease, 100)
        proxies.until_held([name], nodes=alive)
        (shown,) = {node.shown(name) for node in alive}
        assert shown
        assert pebble.orders == before + 2
    finally:
        restart(dead)

    proxies.until_held([name])
    assert dead.shown(name) == shown
    assert pebble.orders == before + 2


def test_when_redis_is_restarted_no_certificate_is_lost_and_none_is_ordered_again(
    fleet: Fleet,
) -> None:
    names = [f"n{number}.lasting.test" for number in range(40)]
    fleet.proxies.declare(names)
    until(lambda: len(issued(fleet.pebble, names)) > 5, "some certificates")
    fleet.redis.kill()
    before = issued(fleet.pebble, names)
    fleet.redis.start()
    fleet.proxies.until_held(names)

    there = issued(fleet.pebble, names)
    assert set(there) == set(names)
    twice = {name for name, count in there.items() if count > 1}
    assert len(twice) <= NODES * AT_ONCE
    assert twice.isdisjoint(before)
    for name in names[::15]:
        (shown,) = fleet.proxies.shown(name)
        assert shown


def test_without_redis_nodes_serve_what_they_hold_say_so_and_go_on_when_it_is_back(
    fleet: Fleet,
) -> None:
    proxies, (held, missing) = fleet.proxies, ("a.alone.test", "b.alone.test")
    proxies.declare([held])
    proxies.until_held([held])
    (shown,) = proxies.shown(held)
    orders = fleet.pebble.orders
    node = proxies.nodes[0]
    fleet.redis.kill()
    try:
        assert node.proxy.stop() == 0
        before = len(log(node))
        restart(node)
        declare(node, [missing])
        until(lambda: node.status()["fleet"]["said"], "the trouble")

        assert proxies.shown(held) == {shown}
        assert node.order(f"auto {held}")["state"] == "held"
        order = node.order(f"auto {missing}")
        assert order["state"] != "held"
        assert "what nodes share cannot be reached" in order["said"]
        assert node.shown(missing) == ""
        assert log(node)[before:].count("what nodes share cannot be reached:") == 1
    finally:
        fleet.redis.start()
    proxies.until_held([held, missing], nodes=[node])

    assert node.status()["fleet"] == {"kind": "redis", "said": ""}
    assert proxies.shown(held) == {shown}
    assert log(node)[before:].count("what nodes share can be reached again") == 1
    assert fleet.pebble.orders == orders + 1
