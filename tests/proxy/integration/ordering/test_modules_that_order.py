# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_cert at a proxy that runs and orders: the contract, and a playbook at a strict pebble."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from running.ca.problem import Problem
from running.ca.trouble import Refuse
from running.declared import play
from running.ordering import Ordering, config_of, of_pebble, ordering, two_ports
from running.pebble import Behaviour, Pebble
from running.scripted_ca import ScriptedCa

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._proxy.certificates import (
    converge_certificates,
)
from ansible_collections.sluice.edge.tests.contract.orders import OrdersContract
from ansible_collections.sluice.edge.tests.tooling.places import CHECKOUT

REASONS = {0: "unspecified", 1: "key_compromise", 4: "superseded", 5: "cessation_of_operation"}
ISSUING = """
issuing:
  provider: acme
  acme:
    terms_agreed: true
    authorities: [{name: first, directory: "DIRECTORY", trust_file: TRUST}]
"""
_NUMBERS = itertools.count(1)


class ProxyAtScriptedCa:
    """A proxy and its authority, as the contract speaks of them; each time with a new domain."""

    def __init__(self, ca: ScriptedCa, edge: Ordering) -> None:
        self._ca = ca
        self._before = len(ca.orders)
        self.socket = str(edge.folder / "admin.sock")
        self.domain = f"test{next(_NUMBERS)}.example"
        self.authority = self
        for resource in ("newOrder", "revokeCert"):
            ca.always(resource, None)
        assert edge.ask("POST", "/v1/changes", {"purges": [{"kind": "certificate"}]})[0] == 200

    @property
    def ordered(self) -> int:
        return len(self._ca.orders) - self._before

    @property
    def revoked(self) -> list[tuple[str, str]]:
        reasons = [(self._name(one), self._ca.revoked(one)) for one in self._ca.issued]
        return [(name, REASONS[why]) for name, why in reasons if name and why is not None]

    def refuse(self, said: str) -> None:
        self._ca.always("newOrder", Refuse(Problem("rejectedIdentifier", said, 403)))

    def refuse_revoking(self, said: str) -> None:
        self._ca.always("revokeCert", Refuse(Problem("unauthorized", said, 403)))

    def _name(self, certificate: x509.Certificate) -> str:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        name, _dot, domain = names.get_values_for_type(x509.DNSName)[0].partition(".")
        return name if domain == self.domain else ""


@pytest.fixture(scope="module")
def ca_and_edge(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ScriptedCa, Ordering]]:
    folder = tmp_path_factory.mktemp("edge")
    plain, port = two_ports()
    with ScriptedCa(folder / "ca") as ca:
        issuing = ISSUING.replace("DIRECTORY", ca.directory).replace("TRUST", str(ca.trust))
        with ordering(folder, issuing, plain, port) as edge:
            yield ca, edge


class TestOrdersAtRunningProxy(OrdersContract):
    @pytest.fixture
    def proxy(self, ca_and_edge: tuple[ScriptedCa, Ordering]) -> ProxyAtScriptedCa:
        return ProxyAtScriptedCa(*ca_and_edge)


PLAY = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/sluice.edge.edge:
      socket: FOLDER/admin.sock
  vars:
    shop: {name: shop, provider: acme, names: [shop.test, www.shop.test]}
    refused: {name: refused, provider: acme, names: [refused.test]}
    gone: {name: shop, state: absent, revoke: true, revocation_reason: superseded}
  tasks:
    - sluice.edge.proxy_route:
        config:
          - {name: shop, hosts: [shop.test, www.shop.test], page: hello}
          - {name: auto, hosts: [auto.test], tls: auto, page: hello}
          - {name: refused, hosts: [refused.test], page: hello}
    - sluice.edge.tls_cert: {config: ["{{ shop }}"]}
      check_mode: true
      register: foreseen
    - sluice.edge.tls_cert: {config: ["{{ shop }}"], wait: true, wait_timeout: 60}
      register: declared
    - sluice.edge.tls_cert: {config: ["{{ shop }}"], wait: true}
      register: again
    - sluice.edge.tls_cert: "{{ shop | combine({'force_renew': true, 'wait': true}) }}"
      check_mode: true
      register: renewal_foreseen
    - sluice.edge.tls_cert: "{{ shop | combine({'force_renew': true, 'wait': true}) }}"
      register: renewed
    - sluice.edge.tls_cert_info:
      register: found
    - sluice.edge.tls_cert: {config: "{{ found.certificates }}", purge: true, wait: true}
      register: declared_as_found
    - sluice.edge.tls_cert: {config: ["{{ refused }}"], wait: true, wait_timeout: 30}
      ignore_errors: true
      register: refusal
      when: not laptop
    - sluice.edge.tls_cert: {name: refused, state: absent}
    - sluice.edge.tls_cert: "{{ gone }}"
      check_mode: true
      register: revocation_foreseen
    - sluice.edge.tls_cert: "{{ gone }}"
      register: revoked
    - sluice.edge.tls_cert: "{{ gone }}"
      register: revoked_again
    - ansible.builtin.copy:
        content: "{{ results | to_json }}"
        dest: FOLDER/results.json
        mode: "0600"
      vars:
        results:
          foreseen: "{{ foreseen }}"
          declared: "{{ declared }}"
          again: "{{ again }}"
          renewal_foreseen: "{{ renewal_foreseen }}"
          renewed: "{{ renewed }}"
          found: "{{ found }}"
          declared_as_found: "{{ declared_as_found }}"
          refusal: "{{ refusal }}"
          revocation_foreseen: "{{ revocation_foreseen }}"
          revoked: "{{ revoked }}"
          revoked_again: "{{ revoked_again }}"
- import_playbook: AWAIT
  vars:
    await_certificates_hosts: localhost
    await_certificates_become: false
    await_certificates_socket: FOLDER/admin.sock
    await_certificates_timeout: 60
    await_certificates_days: 1
"""
AWAIT = CHECKOUT / "playbooks" / "await_certificates.yml"


class Played:
    """A proxy and a pebble that issues nothing for refused.test; what a playbook came to."""

    def __init__(self, pebble: Pebble, edge: Ordering, ports: tuple[int, int]) -> None:
        self.folder = edge.folder
        self.pebble = pebble
        self.edge = edge
        self.ports = ports
        self.said = ""

    def run(self, *, laptop: bool) -> dict[str, Any]:
        """Run the playbook, and return what its tasks registered."""
        playbook = self.folder / "play.yml"
        playbook.write_text(PLAY.replace("FOLDER", str(self.folder)).replace("AWAIT", str(AWAIT)))
        done = play(playbook, "-vvv", "--diff", laptop=laptop)
        self.said = done.stdout + done.stderr
        assert done.returncode == 0, self.said
        results: dict[str, Any] = json.loads((self.folder / "results.json").read_text())
        return results

    def await_all(self, **variables: Any) -> tuple[int, str]:
        """Run the playbook that waits; return how it ended, and what it said."""
        common = {
            "await_certificates_hosts": "localhost",
            "await_certificates_become": False,
            "await_certificates_socket": str(self.folder / "admin.sock"),
        }
        done = play(AWAIT, **{**common, **variables})
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Played]:
    ports = two_ports()
    with Pebble(tmp_path / "ca", Behaviour(*ports, blocked=("refused.test",))) as pebble:
        issuing = of_pebble(pebble, "challenges: [http-01]")
        with ordering(tmp_path, issuing, *ports) as edge:
            yield Played(pebble, edge, ports)


def operations(result: dict[str, Any]) -> tuple[bool, list[str]]:
    return result["changed"], result["operations"]


def test_a_playbook_has_certificates_issued_renewed_and_revoked(played: Played) -> None:
    done = played.run(laptop=False)

    assert operations(done["foreseen"]) == (True, ["create certificate shop"])
    assert operations(done["declared"]) == (True, ["create certificate shop"])
    assert [each["state"] for each in done["declared"]["orders"]] == ["held"]
    assert operations(done["again"]) == (False, [])
    assert operations(done["renewal_foreseen"]) == (True, ["renew certificate shop"])
    assert operations(done["renewed"]) == (True, ["renew certificate shop"])
    first, second = (done[name]["orders"][0]["fingerprint"] for name in ("declared", "renewed"))
    assert first != second
    (found,) = done["found"]["details"]
    assert (found["fingerprint"], found["order"]["authority"]) == (second, "pebble")
    assert found["days_left"] > 1
    assert operations(done["declared_as_found"]) == (False, [])

    refusal = done["refusal"]
    assert refusal["failed"]
    assert refusal["msg"].startswith("config[0] (certificate refused): not issued: ")
    assert "refused.test" in refusal["msg"]
    assert "rejectedIdentifier" in refusal["msg"]
    assert refusal["not_undone"] == ["create certificate refused"]

    gone = ["revoke certificate shop", "delete certificate shop"]
    assert operations(done["revocation_foreseen"]) == (True, gone)
    assert operations(done["revoked"]) == (True, gone)
    assert operations(done["revoked_again"]) == (False, [])
    statuses = {
        sorted(names_of(one))[0]: played.pebble.status(one.serial_number)
        for one in played.pebble.issued
    }
    assert statuses == {"auto.test": "Valid", "shop.test": "Revoked"}
    assert played.edge.shown("auto.test")
    assert not played.edge.shown("shop.test")
    for text in (played.said, played.edge.said()):
        assert "PRIVATE KEY" not in text


def test_on_a_laptop_the_same_playbook_differs_by_one_variable(played: Played) -> None:
    issuing = of_pebble(played.pebble).replace("provider: acme", "provider: local_ca")
    laptop = f"{issuing}  folder: {played.folder}/local-ca\n"
    played.edge.proxy.reload(config_of(played.folder, laptop, *played.ports))

    done = played.run(laptop=True)

    assert operations(done["declared"]) == (True, ["create certificate shop"])
    (found,) = done["found"]["details"]
    assert (found["provider"], found["order"]) == ("local_ca", None)
    assert operations(done["renewed"]) == (False, [])
    assert operations(done["revoked"]) == (True, ["delete certificate shop"])
    assert operations(done["revoked_again"]) == (False, [])
    assert played.pebble.orders == 0


@pytest.mark.parametrize("check", [True, False], ids=["check", "apply"])
def test_where_nobody_orders_the_error_says_what_to_set(tmp_path: Path, check: bool) -> None:
    with ordering(tmp_path, "", *two_ports()) as edge:
        params = {
            "socket": str(edge.folder / "admin.sock"),
            "config": [{"name": "shop", "provider": "acme", "names": ["shop.test"]}],
            "wait": True,
        }
        with pytest.raises(EdgeError) as caught:
            converge_certificates(params, check, False)
        assert str(caught.value) == (
            "config[0] (certificate shop): provider: nobody orders certificates: set provider of "
            "issuing in the configuration file to acme, or to local_ca for development"
        )
        assert edge.status()["certificates"] == []


def test_waiting_for_all_certificates_names_those_that_are_missing_or_end_soon(
    played: Played,
) -> None:
    assert played.edge.route("good", "good.test") == 201
    ended, said = played.await_all(await_certificates_timeout=60)
    assert ended == 0, said
    ended, said = played.await_all(await_certificates_days=100_000)
    assert (ended, "certificates have less than 100000 days left: good.test" in said) == (2, True)
    assert played.edge.route("refused", "refused.test") == 201
    played.edge.until_order("auto refused.test", "failed")
    ended, said = played.await_all(await_certificates_timeout=5)
    assert ended == 2
    assert "1 certificates have not been issued: refused.test: " in said
    assert "rejectedIdentifier" in said


def names_of(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.DNSName)
