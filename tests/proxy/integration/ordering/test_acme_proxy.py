# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running proxy has certificates ordered of a real authority, shows them, renews and revokes."""

from __future__ import annotations

import re
import signal
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from running.ordering import Ordering, config_of, of_pebble, ordering, two_ports
from running.pebble import Behaviour, Pebble
from running.redis_server import RedisServer
from running.service import until


@pytest.fixture
def ports() -> tuple[int, int]:
    """Where the proxy listens, without TLS and with it."""
    return two_ports()


@pytest.fixture
def pebble(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Pebble]:
    with Pebble(tmp_path / "ca", Behaviour(*ports)) as one:
        yield one


@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_a_route_gets_its_certificate_and_keeps_it_over_a_restart_and_an_upgrade(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int], challenge: str
) -> None:
    issuing = of_pebble(pebble, f"challenges: {challenge}")
    with ordering(tmp_path, issuing, *ports) as edge:
        assert edge.route("a", "a.test") == 201
        held = edge.until_order("auto a.test", "held")
        assert (held["authority"], held["failures"], held["said"]) == ("pebble", 0, "")
        assert held["renew_at"] > time.time() + 86_400
        shown = edge.shown("a.test")
        assert shown
        assert edge.proxy.stop() == 0
        edge.proxy.start()
        edge.proxy.wait_ready(2)
        assert edge.shown("a.test") == shown
        edge.until_order("auto a.test", "held")
        edge.proxy.upgrade()
        assert edge.shown("a.test") == shown
        edge.until_order("auto a.test", "held")
        assert edge.route("b", "b.test") == 201
        edge.until_order("auto b.test", "held")
    assert pebble.orders == 2


def test_a_declared_certificate_has_the_names_and_the_key_that_are_asked_for(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, of_pebble(pebble), *ports) as edge:
        status, answer = edge.certificate("c", "a.test", "b.test", key_type="rsa2048")
        assert (status, answer["certificate"]) == (201, None)
        assert answer["order"]["state"] in ("waiting", "ordering")
        edge.until_order("c", "held")
        (issued,) = pebble.issued
        assert issued.public_key().key_size == 2048  # type: ignore[union-attr]
        _status, answer = edge.ask("GET", "/v1/certificates/c")
        certificate = answer["certificate"]
        assert (certificate["provider"], certificate["names"]) == ("acme", ["a.test", "b.test"])
        assert certificate["fingerprint"] == edge.shown("a.test") == edge.shown("b.test")
        assert answer["order"]["state"] == "held"

        # Another key: the former certificate is shown until there is one.
        former = edge.shown("a.test")
        pebble.pause()
        assert edge.certificate("c", "a.test", "b.test", key_type="p384")[0] == 200
        assert edge.shown("a.test") == former
        assert edge.order("c")["state"] != "held"
        pebble.resume()
        edge.until_order("c", "held")
        assert edge.shown("a.test") not in ("", former)


def test_what_can_never_be_had_is_refused_and_changes_nothing(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, of_pebble(pebble), *ports) as edge:
        for names, more, field in (
            (["*.a.test"], {}, "names"),
            (["*.a.test"], {"challenge": "http-01"}, "challenge"),
            (["a.test"], {"challenge": "dns-01"}, "challenge"),
            (["a.test"], {"authority": "other"}, "authority"),
        ):
            status, problem = edge.certificate("c", *names, **more)
            assert (status, [one["field"] for one in problem["problems"]]) == (422, [field])
        assert edge.route("w", "*.a.test") == 422
        assert edge.ask("GET", "/v1/certificates")[1]["items"] == []
    assert pebble.orders == 0


def test_a_certificate_is_ordered_anew_and_revoked_when_that_is_asked(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, of_pebble(pebble), *ports) as edge:
        edge.certificate("c", "a.test")
        edge.route("r", "b.test")
        edge.until_order("c", "held")
        edge.until_order("auto b.test", "held")
        former, of_route = edge.shown("a.test"), edge.shown("b.test")
        assert [edge.renew("c"), edge.renew("auto b.test")] == [202, 202]
        until(lambda: edge.shown("a.test") not in ("", former), "another certificate")
        until(lambda: edge.shown("b.test") not in ("", of_route), "another for the route")

        shown = edge.shown("a.test")
        path = "/v1/certificates/c/revoke"
        assert edge.ask("POST", path, {"reason": "boredom"})[0] == 422
        assert edge.ask("POST", path, {"reason": "superseded"})[0] == 200
        serial = edge.ask("GET", "/v1/certificates/c")[1]["certificate"]["serial"]
        assert pebble.status(int(serial, 16)) == "Revoked"
        assert edge.ask("POST", path)[0] == 200, "revoked already"
        assert edge.shown("a.test") == shown, "revoking withdraws nothing"
        assert edge.ask("DELETE", "/v1/certificates/c")[0] == 204
        assert edge.certificate("c", "a.test")[0] == 201
        edge.until_order("c", "held")
        assert edge.shown("a.test") not in ("", shown), "what is revoked comes back nowhere"

        assert edge.renew("nobody") == 404
        edge.ask("PUT", "/v1/certificates/s", {"provider": "self_signed", "names": ["s.test"]})
        assert edge.renew("s") == 409
        assert edge.ask("POST", "/v1/certificates/s/revoke")[0] == 409


def test_a_route_may_change_while_its_certificate_is_ordered(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, of_pebble(pebble), *ports) as edge:
        pebble.pause()
        assert edge.route("a", "a.test", "gone.test") == 201
        until(lambda: edge.order("auto a.test").get("state") == "ordering", "the order")
        assert edge.shown("a.test") == "", "nothing is shown yet"
        assert edge.route("a", "a.test", "b.test") == 200
        assert edge.order("auto gone.test") == {}
        pebble.resume()
        edge.until_order("auto a.test", "held")
        edge.until_order("auto b.test", "held")
        assert edge.shown("gone.test") == ""
        assert edge.ask("DELETE", "/v1/routes/a")[0] == 204
        assert edge.shown("a.test") == ""


def test_after_a_reload_with_the_right_authority_what_failed_is_ordered(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    wrong = of_pebble(pebble).replace(pebble.directory, "https://127.0.0.1:1/dir")
    with ordering(tmp_path, wrong, *ports) as edge:
        edge.route("a", "a.test")
        failed = edge.until_order("auto a.test", "failed")
        assert "pebble" in failed["said"]
        assert failed["next_try"] > time.time() + 10
        edge.proxy.reload(config_of(tmp_path, of_pebble(pebble), *ports))
        held = edge.until_order("auto a.test", "held")
        assert (held["failures"], held["said"]) == (0, "")
        assert edge.shown("a.test")


def test_after_a_kill_in_the_middle_of_an_order_nobody_hammers_the_authority(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    plain, port = ports
    # Validations come to where nobody listens.
    with ordering(tmp_path, of_pebble(pebble), plain + 1, port + 1) as edge:
        edge.route("a", "a.test")
        failed = edge.until_order("auto a.test", "failed")
        orders = pebble.orders
        for ready in (2, 3):
            edge.proxy.signal(signal.SIGKILL)
            edge.proxy.process.wait()
            edge.proxy.start()
            edge.proxy.wait_ready(ready)
            again = edge.until_order("auto a.test", "failed")
            assert again["next_try"] == failed["next_try"]
            assert again["failures"] == failed["failures"]
        assert pebble.orders == orders


def test_a_kill_while_the_authority_is_asked_costs_no_certificate(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, of_pebble(pebble), *ports) as edge:
        pebble.pause()
        edge.route("a", "a.test")
        edge.until_order("auto a.test", "ordering")
        edge.proxy.signal(signal.SIGKILL)
        edge.proxy.process.wait()
        pebble.resume()
        edge.proxy.start()
        edge.proxy.wait_ready(2)
        # At the latest when the lease of the dead one is over.
        edge.until_order("auto a.test", "held")
        assert edge.shown("a.test")


def test_keys_are_for_us_alone_and_told_to_nobody(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with ordering(tmp_path, of_pebble(pebble), *ports) as edge:
        edge.certificate("c", "a.test")
        edge.route("r", "b.test")
        edge.until_order("c", "held")
        edge.until_order("auto b.test", "held")
        edge.shown("a.test")
        edge.ask("GET", "/v1/certificates/c")
        edge.ask("GET", "/v1/certificates")
        edge.ask("GET", "/metrics-are-elsewhere")
        edge.ask("POST", "/v1/certificates/c/revoke", {"reason": "key_compromise"})
        keys = _keys_in(tmp_path)
        assert len(keys) >= 3, "two certificates and an account"
        told = edge.said() + "".join(edge.answers) + edge.proxy.page()[1]
        told += "".join(_titles(edge))
        assert "PRIVATE" not in told
        assert [key for key in keys if key[:40] in told.replace("\\n", "")] == []
        for one in tmp_path.glob("store.db*"):
            assert stat.S_IMODE(one.stat().st_mode) == 0o600, one
    assert [one for one in tmp_path.glob("*.log") if b"PRIVATE KEY" in one.read_bytes()] == []


def _keys_in(folder: Path) -> set[str]:
    """Return what is between the lines of all private keys in the store."""
    found: set[str] = set()
    for one in folder.glob("store.db*"):
        text = one.read_bytes().decode("latin-1").replace("\\n", "\n")
        pattern = r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n(.*?)\n-----END"
        found |= {key.replace("\n", "") for key in re.findall(pattern, text, re.DOTALL)}
    return found


def _titles(edge: Ordering) -> Iterator[str]:
    for pid in (edge.proxy.process.pid, *edge.proxy.workers()):
        yield Path(f"/proc/{pid}/cmdline").read_text()
        yield Path(f"/proc/{pid}/comm").read_text()
        yield Path(f"/proc/{pid}/environ").read_text()


class Permission(BaseHTTPRequestHandler):
    """Permits names that begin with ``yes``."""

    asked: list[str] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if "domain=yes" in self.path else 403)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def permission() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Permission)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Permission.asked.clear()
    yield f"http://127.0.0.1:{server.server_port}/may"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_name_gets_its_certificate_when_a_client_first_asks_for_it(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int], permission: str
) -> None:
    issuing = of_pebble(pebble) + f"  on_demand: {{names: .shop.test, ask: '{permission}'}}\n"
    with ordering(tmp_path, issuing, *ports) as edge:
        assert edge.route("w", "*.a.test") == 201
        for host in ("x.a.test", "deep.in.shop.test", "yes.other.test"):
            shown = edge.shown(host)
            assert shown, (host, edge.proxy.said)
            assert edge.shown(host) == shown
            assert edge.order(f"demand {host}")["state"] == "held"
        assert edge.shown("no.other.test") == ""
        assert edge.shown("no.other.test") == ""
        assert pebble.orders == 3
        assert [path.partition("=")[2] for path in Permission.asked] == [
            "yes.other.test",
            "no.other.test",
        ]
        shown = edge.shown("x.a.test")
        assert edge.proxy.stop() == 0
        edge.proxy.start()
        edge.proxy.wait_ready(2)
        assert edge.shown("x.a.test") == shown
        assert edge.shown("yes.other.test")
        assert pebble.orders == 3

        # What may not have one any more has none.
        without_ask = of_pebble(pebble) + "  on_demand: {names: .shop.test}\n"
        edge.proxy.reload(config_of(tmp_path, without_ask, *ports))
        assert edge.ask("DELETE", "/v1/routes/w")[0] == 204
        assert edge.order("demand x.a.test") == edge.order("demand yes.other.test") == {}
        assert edge.shown("x.a.test") == edge.shown("yes.other.test") == ""
        assert edge.shown("deep.in.shop.test")


def test_with_another_provider_alone_the_same_playbook_serves_for_development(
    tmp_path: Path, ports: tuple[int, int]
) -> None:
    issuing = f"""
issuing:
  provider: local_ca
  folder: {tmp_path}/authority
  acme:
    terms_agreed: true
    authorities: [{{name: production, directory: "https://ca.example.com/directory"}}]
  on_demand: {{names: .shop.test}}
"""
    with ordering(tmp_path, issuing, *ports) as edge:
        status, answer = edge.certificate("c", "a.test", "*.b.test", authority="production")
        assert (status, answer["order"]) == (201, None)
        assert answer["certificate"]["provider"] == "local_ca"
        assert (
            answer["certificate"]["fingerprint"] == edge.shown("a.test") == edge.shown("x.b.test")
        )
        assert edge.route("r", "r.test") == 201
        assert edge.shown("r.test")
        demanded = edge.shown("deep.in.shop.test")
        assert demanded
        assert edge.shown("deep.in.shop.test") == demanded
        assert edge.shown("other.test") == ""
        assert edge.renew("c") == 409


def test_without_the_server_of_its_fleet_a_node_serves_what_it_holds_and_says_so(
    tmp_path: Path, pebble: Pebble, ports: tuple[int, int]
) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        password = tmp_path / "password"
        password.touch(0o600)
        password.write_text(redis.password)
        server = f"{{address: '{redis.address}', password_file: {password}}}"
        issuing = of_pebble(pebble) + f"fleet: {{redis: {server}}}\n"
        with ordering(tmp_path, issuing, *ports) as edge:
            edge.route("a", "a.test")
            edge.until_order("auto a.test", "held")
            assert edge.status()["fleet"] == {"kind": "redis", "said": ""}
            assert edge.proxy.number("sluice_fleet_up") == 1
            shown = edge.shown("a.test")
            assert edge.proxy.stop() == 0
            redis.stop()
            edge.proxy.start()
            edge.proxy.wait_ready(2)
            assert edge.shown("a.test") == shown
            assert edge.route("b", "b.test") == 201, "nothing that is declared waits for it"
            until(lambda: edge.status()["fleet"]["said"], "a word about it")
            assert redis.address in edge.status()["fleet"]["said"]
            assert edge.proxy.number("sluice_fleet_up") == 0
            waits = edge.order("auto b.test")
            assert waits["state"] != "held"
            assert "cannot be reached" in waits["said"]
            redis.start()
            edge.until_order("auto b.test", "held")
            assert edge.status()["fleet"] == {"kind": "redis", "said": ""}
        assert pebble.orders == 2
