# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which TLS policy a host has."""

from __future__ import annotations

import pytest
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.policies import ClientCertificate, TlsPolicy
from sluice_proxy.snapshot.tls import HostPolicy, TlsSettings
from sluice_proxy.snapshot.tls_policies import TlsPolicies

USUAL = TlsPolicy()
MODERN = TlsPolicy("1.3")
STAFF = TlsPolicy("1.3", ClientCertificate.REQUIRED, "/staff.pem")
POLICIES = TlsPolicies(
    TlsSettings(
        USUAL,
        hosts=(
            HostPolicy(parse_host_pattern(".example.com"), MODERN),
            HostPolicy(parse_host_pattern("admin.example.com"), STAFF),
        ),
    )
)


@pytest.mark.parametrize(
    ("host", "policy"),
    [
        ("admin.example.com", STAFF),
        ("ADMIN.example.com.", STAFF),
        ("www.example.com", MODERN),
        ("x.admin.example.com", MODERN),
        ("example.org", USUAL),
        (None, USUAL),
        ("", USUAL),
    ],
)
def test_the_most_specific_pattern_has_the_policy(host: str | None, policy: TlsPolicy) -> None:
    assert POLICIES.of(host) is policy


def test_a_policy_for_every_host_is_not_that_of_a_client_without_a_name() -> None:
    policies = TlsPolicies(TlsSettings(USUAL, hosts=(HostPolicy(parse_host_pattern("*"), STAFF),)))
    assert policies.of("anything") is STAFF
    assert policies.of(None) is USUAL
