# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of ten thousand routes: they are taken over while requests are served."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from running.garbage import left_to_the_collector
from running.proxy import Proxy, to
from running.upstream import Upstream
from samples.config import snapshot
from sluice_proxy.http.forwarding import BadChange
from sluice_proxy.routes.model.actions import FieldChanges
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.snapshot.snapshot import Snapshot, decode, encode
from sluice_proxy.supervisor.aside import aside
from sluice_proxy.worker.serving import let_go

MANY = 10_000


def many_routes(config: str, read: float) -> Snapshot:
    """Return the snapshot of a configuration with its first route so many times more."""
    made = snapshot(config)
    first = made.routes[0]
    timeouts = replace(first.timeouts, read=read)
    more = (
        replace(
            first,
            name=f"route {number}",
            hosts=(parse_host_pattern(f"host-{number}.example"),),
            timeouts=timeouts,
        )
        for number in range(MANY)
    )
    return replace(made, routes=(*made.routes, *more))


def test_requests_are_served_while_ten_thousand_routes_are_taken_over() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        answered = [0]
        stop = threading.Event()

        def ask() -> None:
            while not stop.is_set():
                assert client.get().content == b"ok"
                answered[0] += 1

        async def take_over(encoded: bytes) -> int:
            before = answered[0]
            made = await aside(decode, encoded)
            serving = await aside(proxy.worker.prepare, proxy._logged(made))
            meanwhile = answered[0] - before
            proxy.worker.adopt(serving)
            return meanwhile

        encoded = [encode(many_routes(to(upstream.url), read)) for read in (20.0, 30.0)]
        thread = threading.Thread(target=ask)
        thread.start()
        try:
            # The second one replaces them all.
            assert all(proxy.run(take_over(one)) >= 5 for one in encoded)
        finally:
            stop.set()
            thread.join()
        assert client.get(host="host-9999.example").content == b"ok"
        assert proxy.metrics.of("route 9999", upstream.url).statuses == {200: 1}
        assert proxy.in_flight() == 0


def test_routes_that_are_replaced_leave_nothing_to_the_garbage_collector() -> None:
    # What workers keep is hidden from it, so that it does not go through ten thousand routes.
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:

        async def replace_them(read: float) -> None:
            made = decode(encode(many_routes(to(upstream.url), read)))
            former = proxy.worker.serving.parts()
            proxy.worker.adopt(proxy.worker.prepare(proxy._logged(made)))
            await let_go(former)

        proxy.run(replace_them(20.0))
        assert client.get(host="host-7.example").content == b"ok"
        with left_to_the_collector(proxy) as left:
            proxy.run(replace_them(30.0))
            assert client.get(host="host-7.example").content == b"ok"
        assert left == []


def test_a_snapshot_that_cannot_be_served_leaves_the_former_one_as_it_was() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        assert client.get().content == b"ok"
        made = snapshot(to(upstream.url, "timeouts: {read: 7s}"))
        broken = replace(
            made.routes[0],
            name="broken",
            hosts=(parse_host_pattern("other.example"),),
            request_fields=FieldChanges(set=(("Host", "x\n"),)),
        )

        async def refused() -> None:
            with pytest.raises(BadChange):
                await aside(proxy.worker.prepare, replace(made, routes=(made.routes[0], broken)))
            # Checks still reach what is served.
            proxy.worker.set_health("all", upstream.url, False)

        proxy.run(refused())
        assert client.get().status == 503
