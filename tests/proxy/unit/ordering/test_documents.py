# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that nodes share, and what is made of broken ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.certificates import leaf
from sluice_proxy.ordering.accounts.documents import SharedAccount, decode_account, encode_account
from sluice_proxy.ordering.attempts import Attempts, decode_attempts, encode_attempts
from sluice_proxy.ordering.certificates import (
    BadDocument,
    decode_certificate,
    encode_certificate,
)
from sluice_proxy.ordering.model import Obtained, Wish
from sluice_proxy.snapshot.issuing import KeyType

NOW = 4e9
moments = st.floats(0, NOW)
attempts = st.builds(
    Attempts,
    failures=st.integers(0, 1000),
    next_try=moments,
    said=st.text(),
    authority=st.text(),
    trial=st.booleans(),
    failed_validations=st.dictionaries(st.text(), st.integers(0, 99)),
    not_before=st.dictionaries(st.text(), moments),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(attempts)
def test_attempts_are_read_as_they_were_written(one: Attempts) -> None:
    assert decode_attempts(encode_attempts(one), NOW) == one


@given(attempts, st.sampled_from(["failures", "next_try", "not_before", "said"]), anything)
def test_attempts_that_make_no_sense_are_none_or_bounded(
    one: Attempts, member: str, value: object
) -> None:
    document = json.loads(encode_attempts(one))
    read = decode_attempts(json.dumps(document | {member: value}).encode(), NOW)

    assert 0 <= read.failures <= 10**6
    assert all(isinstance(moment, float) for moment in read.not_before.values())


@given(st.binary())
def test_bytes_that_are_none_are_nothing(document: bytes) -> None:
    assert decode_attempts(document, NOW) == Attempts()
    assert decode_account(document) is None
    with pytest.raises(BadDocument):
        decode_certificate(document)


def test_validations_are_counted_by_name_until_one_succeeds() -> None:
    once = Attempts().validated([], ["a.test", "b.test"])
    twice = once.validated(["b.test"], ["a.test"])

    assert once.failed_validations == {"a.test": 1, "b.test": 1}
    assert twice.failed_validations == {"a.test": 2}


def test_a_certificate_is_read_as_it_was_written() -> None:
    pair = leaf("a.test", "b.test")
    wish = Wish(("a.test", "b.test"), KeyType.P384, "one", None, "short")
    held = decode_certificate(encode_certificate(Obtained(wish, "one", pair.chain, pair.key_pem())))

    assert held.obtained == Obtained(wish, "one", pair.chain, pair.key_pem())
    assert held.lifespan.ends == pair.certificate.not_valid_after_utc.timestamp()


def test_a_certificate_with_the_key_of_another_is_none() -> None:
    pair, other = leaf("a.test"), leaf("a.test")
    document = encode_certificate(Obtained(Wish(("a.test",)), "one", pair.chain, other.key_pem()))

    with pytest.raises(BadDocument, match="do not belong together"):
        decode_certificate(document)


def test_no_key_is_in_what_is_shown_of_anything() -> None:
    pair = leaf("a.test")
    obtained = Obtained(Wish(("a.test",)), "one", pair.chain, pair.key_pem())
    account = SharedAccount("https://ca.test/", pair.key_pem(), next_key=pair.key_pem())

    assert "PRIVATE" not in f"{obtained!r} {account!r}"
    assert decode_account(encode_account(account)) == account


def test_a_moment_that_a_wrong_clock_wrote_keeps_nobody_waiting() -> None:
    wrong = Attempts(failures=3, next_try=NOW + 100 * 365 * 86_400, not_before={"one": 9e99})
    read = decode_attempts(encode_attempts(wrong), NOW)

    assert read.failures == 3
    assert read.next_try == 0
    assert read.not_before == {"one": 0}
