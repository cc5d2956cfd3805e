# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are found wherever they stand, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._proxy.masking import (
    fingerprint,
    masked,
    secrets_in,
)

SECRET = "sixteen-characters-of-it"
PEM = "-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ({"balancing": {"sticky": {"secret": SECRET}}}, SECRET),
        ({"config": [{"balancing": {"sticky": {"secret": SECRET}}}]}, SECRET),
        ({"key": PEM}, PEM),
        ({"config": [{"name": "www", "kye": PEM}]}, PEM),
        ({"config": [PEM]}, PEM),
        ({"password": SECRET}, SECRET),
        ({"request_fields": {"set": {"Authorization": SECRET}}}, SECRET),
        ({"response_fields": {"add": {"cookie": SECRET}}}, SECRET),
    ],
    ids=str,
)
def test_a_secret_is_found_and_shown_by_its_fingerprint_only(value: object, secret: str) -> None:
    assert list(secrets_in(value)) == [secret]
    if "config" not in repr(value):
        assert secret not in repr(masked(value))
        assert fingerprint(secret) in repr(masked(value))


@pytest.mark.parametrize(
    "value",
    [
        {"targets": [{"url": "https://a", "tls": {"key": "/etc/ssl/client.key"}}]},
        {"request_fields": {"set": {"X-Trace": "abc"}}},
        {"key": None, "password": "", "secret": 7},
        {"chain": "-----BEGIN CERTIFICATE-----"},
        ["key", "password"],
        "secret",
        None,
    ],
    ids=str,
)
def test_what_is_no_secret_stays_as_it_is(value: object) -> None:
    assert list(secrets_in(value)) == []
    assert masked(value) == value


def test_fingerprints_tell_secrets_apart() -> None:
    assert fingerprint(SECRET) != fingerprint(SECRET + "x")
    assert fingerprint(SECRET) == fingerprint(SECRET)
