# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong certificates. ``CHAIN`` and ``KEY`` stand for a pair that belongs together."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from ansible_collections.sluice.edge.tests.contract.bad_input.proxy import (
    NO_HOST,
    Mistake,
    Params,
    found_by_proxy,
    of_any_task,
    without,
)

CHAIN, KEY, OTHER_KEY = "<chain>", "<key>", "<other key>"
"""Replaced by PEM texts of the proxy under test; see `filled`."""

GIVEN = {"name": "www", "chain": CHAIN, "key": KEY}
MADE = {"name": "www", "provider": "self_signed", "names": ["app.example.test"]}
ORDERED = {"name": "www", "provider": "acme", "names": ["app.example.test"]}
SOME = "a" * 64


def given(**more: Any) -> Params:
    return without(GIVEN, more)


def made(**more: Any) -> Params:
    return without(MADE, more)


def ordered(**more: Any) -> Params:
    return without(ORDERED, more)


def says(message: str, params: Params) -> Mistake:
    return Mistake(params, "certificate www: " + message)


def wrong(field: str, words: str, params: Params) -> Mistake:
    return found_by_proxy(params, "certificate", field, words)


def filled(value: Any, texts: Mapping[str, str]) -> Any:
    """Return parameters with PEM texts in place of what stands for them."""
    if isinstance(value, dict):
        return {name: filled(inner, texts) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, texts) for inner in value]
    return texts.get(value, value) if isinstance(value, str) else value


NO_PEM = "is no PEM text: it does not begin with -----BEGIN"
NO_NAME = "%r is no name of a certificate: "
PEM_NOT_FOUND = "this has no PEM certificate: the leaf comes first, then its intermediates"
NO_FINGERPRINT = "fingerprint must be SHA-256 in 64 hexadecimal digits"

OF_GIVEN: Tuple[Mistake, ...] = (
    says("chain is required: its PEM text, or chain_src", given(chain=None)),
    says("key is required: its PEM text, or key_src", given(key=None)),
    says("chain is required: its PEM text, or chain_src", {"name": "www", "provider": "given"}),
    says("chain is empty", given(chain="")),
    says("key is empty", given(key=" \n")),
    says("chain must be text", given(chain=7)),
    says("key must be text", given(key={"a": "b"})),
    says("key must be text", given(key=["a"])),
    says("chain is the PEM text itself: give a path as chain_src", given(chain="/etc/www.pem")),
    says("key is the PEM text itself: give a path as key_src", given(key="/etc/www.key")),
    says("chain " + NO_PEM, given(chain="hello")),
    says("key " + NO_PEM, given(key="hush hush")),
    Mistake(
        given(cert="-----BEGIN X"),
        "chain is also called cert, certificate: give one of its names only",
    ),
    says("chain and chain_src exclude each other", given(chain_src="/a")),
    says("key and key_src exclude each other", given(key_src="/a")),
    says(
        "chain_src must be a whole path on the managed host, not 'www.pem'",
        given(chain=None, chain_src="www.pem"),
    ),
    says(
        "chain_src /nowhere/www.pem: No such file or directory",
        given(chain=None, chain_src="/nowhere/www.pem"),
    ),
    says(
        "key_src /nowhere/www.key: No such file or directory",
        given(key=None, key_src="/nowhere/www.key"),
    ),
    says("chain_src /: Is a directory", given(chain=None, chain_src="/")),
    says("chain_src /dev/zero: is no regular file", given(chain=None, chain_src="/dev/zero")),
    says("key_src /proc/self/stat is no PEM file", given(key=None, key_src="/proc/self/stat")),
    says("key_src is empty", given(key=None, key_src="")),
    says("key_src must be text, not a list", given(key=None, key_src=["/a"])),
    says("password is empty", given(password="")),
    says("password must be text", given(password=7)),
    says("hosts must be a list, not a dictionary", given(hosts={"a": 1})),
    says("hosts has an entry that is a dictionary, not text", given(hosts=[{"a": 1}])),
    says(
        "names does not go with provider given, whose names are in its chain",
        given(names=["a.test"]),
    ),
    says("days does not go with provider given, whose names are in its chain", given(days=3)),
    wrong("chain", PEM_NOT_FOUND, given(chain="-----BEGIN CERTIFICATE-----\nAA")),
    wrong("chain", PEM_NOT_FOUND, given(chain=KEY)),
    wrong("key", "this is no PEM private key", given(key=CHAIN)),
    wrong("key", "this is no PEM private key", given(key="-----BEGIN PRIVATE KEY-----\nAA")),
    wrong(
        "key",
        "this key is not that of the first certificate of the chain: use the pair",
        given(key=OTHER_KEY),
    ),
    wrong(
        "key",
        "this key is not that of the first certificate of the chain: use the pair",
        {"config": [given(name="x", key=OTHER_KEY), made()]},
    ),
    wrong(
        "key",
        "this key is not encrypted, but it has a password: leave the password out",
        given(password="not needed"),
    ),
    wrong("hosts[0]", NO_HOST % "a b", given(hosts=["a b"])),
    wrong(
        "hosts", "b.** is no name of a certificate: write a name or *.NAME", given(hosts=["b.**"])
    ),
)

OF_FINGERPRINTS: Tuple[Mistake, ...] = (
    says(
        "chain does not go with fingerprint, which stands for a certificate that is there already",
        given(fingerprint=SOME),
    ),
    says(NO_FINGERPRINT, {"name": "www", "fingerprint": "xyz"}),
    says(NO_FINGERPRINT, {"name": "www", "fingerprint": "a" * 63}),
    says("fingerprint is empty", {"name": "www", "fingerprint": ""}),
    says(
        "there is no such certificate: fingerprint stands for one that is there; give chain and "
        "key",
        {"name": "www", "fingerprint": SOME},
    ),
    says(
        "fingerprint does not go with provider self_signed, which makes its own",
        made(fingerprint=SOME),
    ),
)

OF_MADE: Tuple[Mistake, ...] = (
    says("provider is required: given, self_signed, local_ca, acme", {"name": "www"}),
    says(
        "provider must be one of given, self_signed, local_ca, acme, not 'letsencrypt'",
        made(provider="letsencrypt"),
    ),
    says("names is required: what the certificate is for", made(names=None)),
    says("names is required: what the certificate is for", made(names=[])),
    says("names must be a list, not a dictionary", made(names={"a": 1})),
    wrong("names", NO_NAME % "a b" + NO_HOST % "a b", made(names=["a b"])),
    wrong("names", NO_NAME % "*.*.test" + NO_HOST % "*.test", made(names=["*.*.test"])),
    wrong(
        "names",
        "200 names for one certificate: 100 are possible",
        made(names=["n%d.test" % number for number in range(200)]),
    ),
    says("days must be 1 to 3650, not 0", made(days=0)),
    says("days must be a whole number, not 'many'", made(days="many")),
    says("days must be a whole number, not 1.5", made(days=1.5)),
    wrong("days", "this is too large: use 397 or less", made(days=3000)),
    says(
        "days does not go with provider local_ca, which chooses how long it is valid",
        made(provider="local_ca", days=3),
    ),
    says("chain does not go with provider self_signed, which makes its own", made(chain=CHAIN)),
    says("key does not go with provider self_signed, which makes its own", made(key=KEY)),
    says("password does not go with provider self_signed, which makes its own", made(password="x")),
    says("hosts does not go with provider self_signed, which makes its own", made(hosts=["a"])),
    says(
        "key_src does not go with provider local_ca, which makes its own",
        made(provider="local_ca", key_src="/a"),
    ),
    says("state must be one of present, absent, not 'drained'", made(state="drained")),
    Mistake({"config": [given(kye=KEY)]}, "config[0]: unknown option 'kye'; did you mean key?"),
)

NO_AUTHORITY = "as no authority is asked for it"
REASONS = "unspecified, key_compromise, affiliation_changed, superseded, cessation_of_operation"

OF_ORDERED: Tuple[Mistake, ...] = (
    says("names is required: what the certificate is for", ordered(names=None)),
    says("chain does not go with provider acme, which makes its own", ordered(chain=CHAIN)),
    says(
        "fingerprint does not go with provider acme, which makes its own", ordered(fingerprint=SOME)
    ),
    says(
        "days does not go with provider acme, which chooses how long it is valid", ordered(days=3)
    ),
    says(
        "challenge must be one of http-01, tls-alpn-01, dns-01, not 'http-02'",
        ordered(challenge="http-02"),
    ),
    says(
        "key_type must be one of p256, p384, rsa2048, rsa3072, rsa4096, not 'rsa'",
        ordered(key_type="rsa"),
    ),
    says("authority is empty", ordered(authority=" ")),
    says("authority must be text, not a list", ordered(authority=["a"])),
    says("profile must be text, not a dictionary", ordered(profile={"a": 1})),
    Mistake(
        ordered(authority="a", ca="b"),
        "authority is also called ca: give one of its names only",
    ),
    says("authority does not go with provider self_signed, " + NO_AUTHORITY, made(ca="a")),
    says("key_type does not go with provider self_signed, " + NO_AUTHORITY, made(key_type="p256")),
    says(
        "challenge does not go with provider given, " + NO_AUTHORITY,
        given(challenge="dns-01"),
    ),
    says(
        "force_renew needs provider acme: others are renewed by the proxy alone",
        made(force_renew=True),
    ),
    says("force_renew must be true or false, not 'often'", ordered(force_renew="often")),
    says("force_renew does not go with state absent", ordered(state="absent", force_renew=True)),
    says(
        "revoke needs state absent: a certificate that is revoked is not to be shown",
        ordered(revoke=True),
    ),
    says("revocation_reason needs revoke: true", ordered(revocation_reason="superseded")),
    says(
        "revocation_reason must be one of %s, not 'stolen'" % REASONS,
        ordered(state="absent", revoke=True, revocation_reason="stolen"),
    ),
    says("revoke must be true or false, not 'perhaps'", ordered(state="absent", revoke="perhaps")),
    Mistake(ordered(wait="long"), "wait must be true or false, not 'long'"),
    Mistake(ordered(wait=True, wait_timeout=-1), "wait_timeout must be 0 to 86400, not -1"),
    Mistake(ordered(wait_timeout="long"), "wait_timeout must be a number, not 'long'"),
    Mistake({"config": [ordered(wait=True)]}, "config[0]: unknown option 'wait'"),
)

WRONG_CERTIFICATES: Tuple[Mistake, ...] = (
    of_any_task(MADE, "certificate") + OF_GIVEN + OF_FINGERPRINTS + OF_MADE + OF_ORDERED
)
