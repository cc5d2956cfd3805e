# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running proxy orders from a strict pebble: many names, by each type of challenge, twice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from running.dns_server import KEY_NAME, SECRET, DnsServer
from running.ordering import Ordering, authority, of_authorities, ordering, two_ports
from running.pebble import EAB_KEY, Behaviour, Pebble
from running.secret_places import private_keys, processes, readable, writings

EACH = 50
TYPES = ("http-01", "tls-alpn-01", "dns-01")
NAMES = {kind: [f"{kind}-{number}.example" for number in range(EACH)] for kind in TYPES}
"""Names by the challenge that control of them is shown with."""
ALL = [name for names in NAMES.values() for name in names]
ANEW, KEPT = 0, 100
"""How many of 100 valid authorizations serve for a second order."""


@dataclass
class Issued:
    """All names with a certificate, and then with another one.

    ``shown`` is what clients were shown each time, by fingerprint.
    """

    edge: Ordering
    pebble: Pebble
    dns: DnsServer
    reuse: int
    shown: list[dict[str, str]]

    def certificates(self) -> dict[str, x509.Certificate]:
        """Return what pebble issued, by fingerprint."""
        return {one.fingerprint(hashes.SHA256()).hex(): one for one in self.pebble.issued}


@pytest.fixture(scope="module", params=[ANEW, KEPT], ids=["validated anew", "kept valid"])
def issued(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Issued]:
    folder = tmp_path_factory.mktemp("issuing")
    plain, port = two_ports()
    eab, update = folder / "eab.key", folder / "update.key"
    for path, secret in ((eab, EAB_KEY), (update, SECRET)):
        path.write_text(secret)
        path.chmod(0o600)
    with DnsServer() as dns:
        behaviour = Behaviour(
            plain,
            port,
            nonce_reject=50,
            authz_reuse=request.param,
            external_accounts={"kid-1": EAB_KEY},
            dns=dns.address,
        )
        updating = f"server: 127.0.0.1, port: {dns.port}, key_name: {KEY_NAME}, key_file: {update}"
        # More than an authority is asked for by default.
        account = f", orders: 1000/1h, external_account: {{key_id: kid-1, key_file: {eab}}}"
        inside = folder / "edge"
        inside.mkdir(mode=0o700)
        with Pebble(folder / "pebble", behaviour) as pebble:
            issuing = of_authorities(
                authority("pebble", pebble, account), more=f"dns: {{update: {{{updating}}}}}"
            )
            with ordering(inside, issuing, plain, port) as edge:
                shown = issued_twice(edge, pebble.root())
                yield Issued(edge, pebble, dns, request.param, shown)


def issued_twice(edge: Ordering, root: str) -> list[dict[str, str]]:
    """Have all names issued, and then all of them renewed; return what clients were shown."""
    for kind, names in NAMES.items():
        for name in names:
            edge.declare(name, challenge=kind)
    first = all_held(edge, but=())
    shown = [{name: edge.shown(name, root) for name in ALL}]
    assert {edge.renew(name) for name in ALL} == {202}
    all_held(edge, but=first)
    return [*shown, {name: edge.shown(name, root) for name in ALL}]


def all_held(edge: Ordering, but: Collection[str]) -> set[str]:
    """Return the fingerprints of all certificates when they are there."""
    return {one for names in NAMES.values() for one in edge.until_held(names, but).values()}


def test_each_name_is_issued_twice_with_one_order_each_time(issued: Issued) -> None:
    told = issued.certificates()

    assert issued.pebble.orders == 2 * len(ALL)
    for shown in issued.shown:
        for name, fingerprint in shown.items():
            names = told[fingerprint].extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            )
            assert names.value.get_values_for_type(x509.DNSName) == [name]
    assert len(told) == 2 * len(ALL)
    assert set(issued.shown[0].values()) | set(issued.shown[1].values()) == set(told)


def test_each_certificate_has_a_key_of_its_own(issued: Issued) -> None:
    keys = {
        one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for one in issued.pebble.issued
    }

    assert len(keys) == 2 * len(ALL)


def test_control_is_shown_as_often_as_the_authority_asks_for_it(issued: Issued) -> None:
    times = [issued.pebble.validations(name) for name in ALL]

    if issued.reuse == KEPT:
        assert set(times) == {1}
    else:
        # With 0, pebble still keeps one in a hundred.
        assert set(times) <= {1, 2}
        assert times.count(2) > 0.8 * len(ALL)


def test_no_answer_is_left(issued: Issued) -> None:
    for name in NAMES["dns-01"]:
        assert issued.dns.txt(f"_acme-challenge.{name}") == set()


def test_the_log_tells_of_each_and_of_no_failure(issued: Issued) -> None:
    said = issued.edge.said()

    obtained = re.findall("certificate for (.*): obtained from pebble, valid until ", said)
    renewed = re.findall("certificate for (.*): renewed from pebble, valid until ", said)
    left_out = sum(map(int, re.findall(r"\((\d+) lines before this were left out\)", said)))
    for names in (obtained, renewed):
        assert len(names) == len(set(names))
        assert len(ALL) - left_out <= len(names) <= len(ALL)
    # Of all requests to renew there are more in a second than the log takes.
    assert left_out < len(ALL)
    assert "another node" not in said
    assert "failure" not in said
    assert "Traceback" not in said
    certificates = issued.edge.status()["certificates"]
    assert {one["order"]["failures"] for one in certificates} == {0}


def test_keys_are_where_nobody_else_reads_them_and_nowhere_else(issued: Issued) -> None:
    edge = issued.edge
    keys = private_keys(edge.folder / "store.db")
    assert len(keys) > len(ALL)
    assert readable(edge.folder) == []
    secrets = [*writings(keys), EAB_KEY.encode(), SECRET.encode()]
    for path in ("/v1/certificates", f"/v1/certificates/{ALL[0]}", "/status"):
        assert edge.ask("GET", path)[0] == 200
    places = {
        "logs": edge.said().encode(),
        "answers": "\n".join(edge.answers).encode(),
        "metrics": edge.proxy.page()[1].encode(),
        "processes": processes(edge.proxy),
    }

    found = {name for name, text in places.items() if any(one in text for one in secrets)}
    assert found == set()
    assert all(places.values())
