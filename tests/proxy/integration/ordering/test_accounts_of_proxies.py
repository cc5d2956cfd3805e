# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running proxies change keys of accounts and give accounts up, at a real authority."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from running.ordering import Ordering, of_pebble, ordering, two_ports
from running.pebble import Behaviour, Pebble
from running.proxies import node_of_fleet
from running.redis_server import RedisServer
from running.secret_places import private_keys, readable, writings
from sluice_proxy.cli.command import main


def account(node: Ordering) -> dict[str, Any] | None:
    """Return the account that a node says there is."""
    status, answer = node.ask("GET", "/v1/authorities")
    assert status == 200, answer
    (one,) = answer["items"]
    found: dict[str, Any] | None = one["account"]
    return found


def orders(node: Ordering, name: str) -> None:
    """Have a node order a certificate, and wait for it."""
    assert node.certificate(name, f"{name}.test")[0] == 201
    node.until_order(name, "held")


def change(node: Ordering, how: str) -> tuple[int, Any]:
    return node.ask("POST", f"/v1/authorities/pebble/{how}")


def test_an_account_goes_on_with_another_key_until_it_is_given_up(tmp_path: Path) -> None:
    plain, port = two_ports()
    with Pebble(tmp_path / "ca", Behaviour(plain, port)) as pebble:
        contact = "contact: ops@a.test"
        with ordering(tmp_path, of_pebble(pebble, contact), plain, port) as edge:
            assert account(edge) is None
            assert change(edge, "roll-over")[0] == 409
            orders(edge, "a")
            before = account(edge)
            assert before is not None
            assert before["contact"] == ["mailto:ops@a.test"]

            status, answer = change(edge, "roll-over")
            assert status == 200, answer
            after = answer["account"]
            assert {**after, "thumbprint": ""} == {**before, "thumbprint": ""}
            assert after["thumbprint"] != before["thumbprint"]
            orders(edge, "b")
            keys = private_keys(tmp_path / "store.db")
            assert edge.proxy.stop() == 0
            edge.proxy.start()
            edge.proxy.wait_ready(2)
            orders(edge, "c")
            assert (pebble.accounts, account(edge)) == (1, after)

            assert change(edge, "deactivate")[0] == 200
            assert account(edge) is None
            assert change(edge, "deactivate")[0] == 409
            orders(edge, "d")
            newest = account(edge)
            assert newest is not None
            assert newest["url"] != before["url"]
            assert pebble.accounts == 2
            assert edge.ask("POST", "/v1/certificates/a/revoke", {})[0] == 200, "by its own key"
            assert change(edge, "nothing")[0] == 404
            assert edge.ask("POST", "/v1/authorities/nobody/roll-over")[0] == 404
            keys += private_keys(tmp_path / "store.db")
            assert len(keys) >= 4
            told = "".join((edge.said(), *edge.answers)).encode()
            assert [one for one in writings(keys) if one in told] == []
            assert readable(tmp_path) == [tmp_path / "ca" / "pebble.key"]


def test_nodes_that_share_go_on_with_the_key_that_one_of_them_got(tmp_path: Path) -> None:
    (plain, port), other = two_ports(), two_ports()
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(tmp_path / "redis"))
        # It comes to one of them for all validations.
        pebble = stack.enter_context(Pebble(tmp_path / "ca", Behaviour(plain, port)))
        nodes = []
        for name, ports in (("n0", (plain, port)), ("n1", other)):
            node = node_of_fleet(tmp_path / name, redis, of_pebble(pebble), *ports)
            stack.callback(node.proxy.close)
            nodes.append(node)
        for node in nodes:
            node.proxy.wait_ready()
        first, second = nodes
        orders(first, "a")
        orders(second, "b")
        before = account(second)
        assert before is not None

        status, answer = change(first, "roll-over")
        assert status == 200, answer
        assert answer["account"]["thumbprint"] != before["thumbprint"]
        assert account(second) == answer["account"]
        orders(second, "c")
        orders(first, "d")
        status, answer = change(second, "roll-over")
        assert status == 200, answer
        orders(first, "e")
        assert pebble.accounts == 1

        assert change(second, "deactivate")[0] == 200
        assert account(first) is None
        orders(first, "f")
        orders(second, "g")
        assert pebble.accounts == 2
        assert account(first) == account(second)


def test_a_store_from_before_a_change_of_keys_leads_to_another_account(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plain, port = two_ports()
    store = tmp_path / "store.db"
    with (
        Pebble(tmp_path / "ca", Behaviour(plain, port)) as pebble,
        ordering(tmp_path, of_pebble(pebble), plain, port) as edge,
    ):
        orders(edge, "a")
        assert edge.proxy.stop() == 0
        backup = store.read_bytes()
        edge.proxy.start()
        edge.proxy.wait_ready(2)
        place = ("--socket", str(tmp_path / "admin.sock"))
        assert main(["authorities", "roll-over", "pebble", *place]) == 0
        assert main(["authorities", "list", *place]) == 0
        said = capsys.readouterr().out.splitlines()
        assert said[0].startswith("authority pebble: the account has the key ")
        assert "1 of 250" in said[2]
        assert edge.proxy.stop() == 0
        store.write_bytes(backup)
        edge.proxy.start()
        edge.proxy.wait_ready(3)
        orders(edge, "b")
        assert pebble.accounts == 2
        assert "does not know the account" in edge.said()
