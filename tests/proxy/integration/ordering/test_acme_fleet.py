# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three proxies with one Redis behind a balancer: one order for each name, whatever dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from running.balancer import Balancer
from running.fleet import SECRET
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
            return f"{of_pebble(ca[0])}  on_demand: {{names: .demand.test}}\n"

        proxies = stack.enter_context(Proxies(folder, redis, issuing))
        yield Fleet(proxies, ca[0], redis)


def restart(node: Ordering) -> None:
    ready = node.proxy.hear().count("READY=1")
    node.proxy.start()
    node.proxy.wait_ready(ready + 1)


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


def test_names_that_clients_ask_all_nodes_for_at_once_are_ordered_once_each(fleet: Fleet) -> None:
    names = [f"n{number}.demand.test" for number in range(20)]
    before = fleet.pebble.orders
    asked = [(node, name) for name in names for node in fleet.proxies.nodes]
    with ThreadPoolExecutor(len(asked)) as clients:
        shown = list(clients.map(lambda one: one[0].shown(one[1]), asked))

    assert fleet.pebble.orders == before + len(names)
    assert all(shown)
    assert len(set(shown)) == len(names)


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


def test_when_redis_has_lost_everything_nodes_share_again_what_they_hold(fleet: Fleet) -> None:
    proxies, (held, later) = fleet.proxies, ("a.lost.test", "b.lost.test")
    proxies.declare([held])
    proxies.until_held([held])
    (shown,) = proxies.shown(held)
    orders = fleet.pebble.orders
    with fleet.redis.client() as client:
        many = len(client.keys("sluice:document:certificate:*"))
        client.flushall()
        node = proxies.nodes[0]
        assert node.proxy.stop() == 0
        restart(node)

        until(
            lambda: len(client.keys("sluice:document:certificate:*")) == many,
            f"{many} certificates that are shared",
        )
    assert fleet.pebble.orders == orders
    proxies.declare([later])
    proxies.until_held([held, later])
    assert proxies.shown(held) == {shown}
    assert fleet.pebble.orders == orders + 1


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
        before = len(node.proxy.said)
        restart(node)
        declare(node, [missing])
        until(lambda: node.status()["fleet"]["said"], "the trouble")

        assert proxies.shown(held) == {shown}
        assert node.order(f"auto {held}")["state"] == "held"
        order = node.order(f"auto {missing}")
        assert order["state"] != "held"
        assert "what nodes share cannot be reached" in order["said"]
        assert node.shown(missing) == ""
        assert node.proxy.number("sluice_fleet_up") == 0
        assert node.proxy.said[before:].count("what nodes share cannot be reached:") == 1
    finally:
        fleet.redis.start()
    proxies.until_held([held, missing], nodes=[node])

    assert node.status()["fleet"] == {"kind": "redis", "said": ""}
    assert node.proxy.number("sluice_fleet_up") == 1
    assert proxies.shown(held) == {shown}
    assert node.proxy.said[before:].count("what nodes share can be reached again") == 1
    assert fleet.pebble.orders == orders + 1


def test_no_secret_of_the_fleet_is_in_a_log_an_answer_or_a_title(fleet: Fleet) -> None:
    assert fleet.pebble.orders
    for node in fleet.proxies.nodes:
        node.ask("GET", "/status")
        pids = (node.proxy.process.pid, *node.proxy.workers())
        titles = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]
        for text in (node.said(), *node.answers, *titles):
            assert text
            for secret in (fleet.redis.password, SECRET.strip(), "PRIVATE KEY"):
                assert secret not in text
