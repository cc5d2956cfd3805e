# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of the modules proxy_route and tls_cert, at the real admin API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from running.admin_api import AdminApi
from running.admin_client import ask
from running.certificates import self_signed
from running.fake_edge import FakeEdge

from ansible_collections.sluice.edge.tests.contract.bad_input.certificates import (
    CHAIN,
    KEY,
    OTHER_KEY,
)
from ansible_collections.sluice.edge.tests.contract.bad_input.proxy import OF_FILE, TAKEN, Found
from ansible_collections.sluice.edge.tests.contract.proxy import (
    OTHER_CHAIN,
    MistakesContract,
    ProxyContract,
)

FILE = f"routes: [{{name: {OF_FILE}, hosts: file.example.com, targets: http://198.51.100.1}}]"


class ApiUnderTest:
    """The API over what plans and keeps as the proxy does; it finds mistakes itself."""

    def __init__(self, socket: str, texts: Mapping[str, str]) -> None:
        self.socket = socket
        self.texts = texts

    def expect(self, found: Found) -> None:
        """Find it anyway."""


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    folder = tmp_path_factory.mktemp("certificates")
    one, other = self_signed(folder, "one.example.test"), self_signed(folder, "two.example.test")
    return {
        CHAIN: Path(one.chain).read_text(),
        KEY: Path(one.key).read_text(),
        OTHER_CHAIN: Path(other.chain).read_text(),
        OTHER_KEY: Path(other.key).read_text(),
    }


@contextmanager
def api_under_test(folder: Path, texts: Mapping[str, str]) -> Iterator[ApiUnderTest]:
    with AdminApi(folder / "admin.sock", FakeEdge(FILE)) as api:
        taken = {"hosts": [TAKEN], "page": "taken"}
        assert ask(api.path, "PUT", "/v1/routes/taken?owner=somebody", taken).status == 201
        yield ApiUnderTest(api.path, texts)


class TestProxyAtApi(ProxyContract):
    @pytest.fixture
    def proxy(self, tmp_path: Path, texts: Mapping[str, str]) -> Iterator[ApiUnderTest]:
        with api_under_test(tmp_path, texts) as made:
            yield made


@pytest.fixture(scope="module")
def one_for_all(
    tmp_path_factory: pytest.TempPathFactory, texts: Mapping[str, str]
) -> Iterator[ApiUnderTest]:
    with api_under_test(tmp_path_factory.mktemp("api"), texts) as made:
        yield made


class TestMistakesAtApi(MistakesContract):
    @pytest.fixture
    def proxy(self, one_for_all: ApiUnderTest) -> ApiUnderTest:
        return one_for_all
