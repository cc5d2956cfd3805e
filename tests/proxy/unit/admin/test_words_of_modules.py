# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection's modules say of routes and certificates is what the proxy understands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.admin.targets import target_name
from sluice_proxy.config.sections.routes import RouteSection
from sluice_proxy.resources.certificate_documents import SECTIONS

from ansible_collections.sluice.edge.plugins.module_utils._proxy.declared.certificate import (
    PROVIDERS,
    VOCABULARY,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.declared.route import (
    DOCUMENT_OPTIONS,
)
from ansible_collections.sluice.edge.plugins.module_utils._proxy.targets import name_of_target

OF_THE_TASK = {
    "name",
    "state",
    "chain_src",
    "key_src",
    "fingerprint",
    "force_renew",
    "revoke",
    "revocation_reason",
}


def test_the_options_of_a_route_are_those_of_the_configuration_file() -> None:
    assert set(DOCUMENT_OPTIONS) == set(RouteSection.model_fields) - {"name"}


def test_the_options_of_a_certificate_are_those_of_its_documents() -> None:
    assert set(PROVIDERS) == set(SECTIONS)
    keys = {key for section in SECTIONS.values() for key in section.model_fields}
    assert set(VOCABULARY.names) - OF_THE_TASK == keys


HOSTS = st.sampled_from(
    ["10.0.0.1", "[2001:db8::1]", "[2001:DB8:0:0::1]", "App.example.com", "app.example.com."]
)
URLS = st.builds(
    lambda scheme, host, port, rest: f"{scheme}://{host}{port}{rest}",
    st.sampled_from(["http", "https", "ws", "wss"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":8080", ":1", ":65535"]),
    st.sampled_from(["", "/", "/a", "/a/b/", "?q=1", "/a?q=1&r=2"]),
)


@given(URLS)
def test_a_target_is_called_as_the_proxy_calls_it(url: str) -> None:
    assert name_of_target(url) == target_name(url)
    assert name_of_target({"url": url, "weight": 0}) == target_name(url)


@pytest.mark.parametrize(
    "target",
    [
        "unix:/run/app.sock",
        {"url": "unix:/run/app.sock", "path": "/api"},
    ],
    ids=str,
)
def test_so_is_a_unix_socket(target: object) -> None:
    assert name_of_target(target) == target_name(target)
