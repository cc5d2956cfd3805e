# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same acts by our client and by certbot's library come to the same, refusals included."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import acme.challenges
import acme.client
import acme.jws
import acme.messages
import josepy
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from oracles.acme_library import LibraryParty, josepy_key
from oracles.acme_ours import OurParty
from oracles.acme_parties import Party, Place, issued, said
from running.challenge_responder import ChallengeResponder
from running.pebble import EAB_KEY, Behaviour, Pebble
from samples.acme_certificates import RFC_9773
from samples.acme_keys import ec_key
from samples.certificates import leaf
from sluice_proxy.acme.certificates.renewal import certificate_identifier, identifier_from
from sluice_proxy.acme.signing import jws
from sluice_proxy.acme.signing.base64url import decoded, encoded
from sluice_proxy.acme.signing.jws import ExternalAccount, key_authorization
from sluice_proxy.acme.validation.challenges import txt_value

URL = "https://ca.test/new"
BLOCKED = "blocked.example"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    with ChallengeResponder(folder) as responder:
        # The library sends a request whose nonce was refused again only once.
        behaviour = Behaviour(
            http_port=responder.http_port,
            authz_reuse=0,
            blocked=(BLOCKED,),
            alternate_roots=2,
            validity=6000,
        )
        with Pebble(folder / "pebble", behaviour) as pebble:
            yield Place(pebble, responder)


def both(place: Place, acts: Callable[[Party], list[str]]) -> list[str]:
    """Return what comes of acts, which is the same by either client."""
    ours, theirs = acts(OurParty(place)), acts(LibraryParty(place))
    assert ours == theirs
    return ours


def test_the_life_of_an_account(place: Place) -> None:
    def acts(party: Party) -> list[str]:
        return [
            said(party.find),
            said(lambda: party.register(agreed=False)),
            said(lambda: party.register(["gopher:a"])),
            said(lambda: party.register(["mailto:a@a.example"])),
            said(lambda: party.register(["mailto:a@a.example"])),
            said(party.find),
            said(lambda: party.update(["mailto:b@a.example", "mailto:c@a.example"])),
            said(lambda: party.update(["mailto:not an address"])),
            said(lambda: issued(party.order(["a.example"]))),
            said(party.deactivate),
            said(lambda: party.order(["a.example"])),
            said(party.find),
            said(party.register),
        ]

    done = both(place, acts)

    assert done[3:6] == ["created", "exists", "valid"]
    assert [one.split(":")[1].strip() for one in done[:3]] == [
        "accountDoesNotExist",
        "agreementRequired",
        "unsupportedContact",
    ]
    assert done[9] == "deactivated"
    assert done[10].startswith("refused: unauthorized")


def test_an_account_that_is_nobodys(place: Place) -> None:
    def acts(party: Party) -> list[str]:
        party.pretend()
        return [said(lambda: party.order(["a.example"])), said(lambda: party.revoke(RFC_9773))]

    assert "refused: accountDoesNotExist" in both(place, acts)[0]


def test_accounts_that_are_bound_to_others(tmp_path: Path, place: Place) -> None:
    def acts(party: Party) -> list[str]:
        return [
            said(party.register),
            said(lambda: party.register(binding=("kid-1", "AAAA"))),
            said(lambda: party.register(binding=("kid-2", EAB_KEY))),
            said(lambda: party.register(binding=("kid-1", EAB_KEY))),
            said(lambda: party.register(binding=("kid-1", EAB_KEY))),
        ]

    with Pebble(tmp_path, Behaviour(external_accounts={"kid-1": EAB_KEY})) as pebble:
        done = both(Place(pebble, place.responder), acts)

    assert done[0].startswith("refused: externalAccountRequired")
    assert [one.split(":")[1].strip() for one in done[1:3]] == ["unauthorized"] * 2
    assert done[3:] == ["created", "exists"]


@pytest.mark.parametrize(
    ("names", "challenge_type"),
    [
        (["a.example"], "http-01"),
        (["a.example", "b.example", "c.example"], "http-01"),
        (["127.0.0.1"], "http-01"),
        (["127.0.0.1", "a.example"], "http-01"),
        (["a.example", "b.example"], "dns-01"),
        (["a.example", "*.a.example"], "dns-01"),
    ],
)
def test_what_is_ordered_is_issued(place: Place, names: list[str], challenge_type: str) -> None:
    def acts(party: Party) -> list[str]:
        return [party.register(), said(lambda: issued(party.order(names, challenge_type)))]

    done = both(place, acts)

    assert done[1] == f"{', '.join(sorted(names))}; secp256r1; 1 above; 1:39:59"


def test_all_chains_are_offered(place: Place) -> None:
    def acts(party: Party) -> list[str]:
        party.register()
        return party.alternates(["a.example"])

    assert len(set(both(place, acts))) == 3


@pytest.mark.parametrize(
    "names",
    [
        [BLOCKED],
        [f"www.{BLOCKED}"],
        ["a.example", BLOCKED],
        ["a_b.example"],
        ["*.*.example"],
        ["a.*.example"],
        [f"{'a' * 64}.example"],
        ["-a.example"],
        ["a..example"],
        ["a.example."],
        [".example"],
    ],
)
def test_names_that_are_odd(place: Place, names: list[str]) -> None:
    def acts(party: Party) -> list[str]:
        return [party.register(), said(lambda: issued(party.order(names)))]

    both(place, acts)


@pytest.mark.parametrize("challenge_type", ["http-01", "dns-01"])
def test_challenges_that_are_not_answered(place: Place, challenge_type: str) -> None:
    def acts(party: Party) -> list[str]:
        party.register()
        return [said(lambda: party.order(["n.example"], challenge_type, answered=False))]

    assert both(place, acts)[0].startswith("refused: n.example: unauthorized: ")


@pytest.mark.parametrize(
    ("others", "early", "own_key", "kind"),
    [
        (["a.example", "b.example"], True, False, "orderNotReady"),
        (["a.example"], False, False, "unauthorized"),
        (["a.example", "c.example"], False, False, "unauthorized"),
        (["a.example", "b.example", "c.example"], False, False, "unauthorized"),
        (["a.example", "b.example", "127.0.0.1"], False, False, "unauthorized"),
        (["a.example", "b.example"], False, True, "badCSR"),
    ],
    ids=["early", "fewer", "others", "more", "address", "account's key"],
)
def test_requests_that_do_not_fit_their_order(
    place: Place, others: list[str], early: bool, own_key: bool, kind: str
) -> None:
    names = ["a.example", "b.example"]

    def acts(party: Party) -> list[str]:
        party.register()
        return [said(lambda: party.finalize(names, others, early=early, own_key=own_key))]

    assert both(place, acts)[0].startswith(f"refused: {kind}: ")


def test_what_is_revoked(place: Place) -> None:
    def acts(party: Party) -> list[str]:
        party.register()
        chain, _key = party.order(["a.example"])
        other, other_key = party.order(["a.example"])
        stranger = type(party)(place)  # type: ignore[call-arg]
        stranger.register()
        return [
            said(lambda: stranger.revoke(chain)),
            said(lambda: stranger.revoke(chain, key=other_key)),
            said(lambda: party.revoke(chain, 4)),
            said(lambda: party.revoke(chain, 4)),
            said(lambda: stranger.revoke(other, 1, other_key)),
            said(lambda: party.revoke(other)),
            said(lambda: party.revoke(leaf("a.example").chain)),
            said(lambda: party.renewal(chain)),
        ]

    done = both(place, acts)

    assert [one.split(": ")[:2] for one in done] == [
        ["refused", "unauthorized"],
        ["refused", "unauthorized"],
        ["done"],
        ["refused", "alreadyRevoked"],
        ["done"],
        ["refused", "alreadyRevoked"],
        ["refused", done[6].split(": ")[1]],
        [""],
    ]


TOKEN = encoded(b"token" * 5)


def test_a_key_has_the_same_thumbprint_and_answers() -> None:
    theirs = josepy_key(ec_key().pem)

    assert encoded(theirs.thumbprint()) == ec_key().thumbprint
    assert theirs.public_key().to_json() == dict(ec_key().jwk)
    http = acme.challenges.HTTP01(token=decoded(TOKEN))
    dns = acme.challenges.DNS01(token=decoded(TOKEN))
    shown = key_authorization(TOKEN, ec_key())
    assert http.key_authorization(theirs) == shown
    assert dns.validation(theirs) == txt_value(shown)


@pytest.mark.parametrize("account", [None, "https://ca.test/account/1"])
def test_a_signed_request_is_one_to_the_library(account: str | None) -> None:
    content = jws.request(ec_key(), URL, "bm9uY2U", {"a": 1}, account)

    read = acme.jws.JWS.json_loads(content.decode())

    assert read.verify(josepy_key(ec_key().pem).public_key())
    assert json.loads(read.payload) == {"a": 1}
    header = read.signature.combined
    assert (header.url, header.kid, header.nonce) == (URL, account, b"nonce")
    assert header.alg is josepy.ES256


def test_an_external_account_is_bound_in_the_same_way() -> None:
    theirs = acme.messages.ExternalAccountBinding.from_data(
        josepy_key(ec_key().pem).public_key(),
        "kid-1",
        EAB_KEY,
        acme.messages.Directory({"newAccount": URL}),
    )
    ours = jws.binding(ExternalAccount.of("kid-1", EAB_KEY), ec_key(), URL)

    for part in ("protected", "payload"):
        assert json.loads(decoded(theirs[part])) == json.loads(decoded(ours[part]))
    read = acme.jws.JWS.json_loads(json.dumps(ours))
    assert read.verify(josepy.JWKOct(key=decoded(EAB_KEY)))


@given(st.binary(min_size=1, max_size=32), st.integers(1, 2**159 - 1))
def test_a_certificate_is_called_the_same_when_it_is_renewed(key: bytes, serial: int) -> None:
    class Named:
        serial_number = serial
        extensions = x509.Extensions(
            [
                x509.Extension(
                    x509.AuthorityKeyIdentifier.oid,
                    False,
                    x509.AuthorityKeyIdentifier(key, None, None),
                )
            ]
        )

    theirs = acme.client._renewal_info_path_component(Named())  # type: ignore[arg-type]

    assert theirs == identifier_from(key, serial)
    assert certificate_identifier(Named()) == theirs  # type: ignore[arg-type]
