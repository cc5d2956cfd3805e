# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of the modules proxy_route and tls_cert, at the real admin API and a real proxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from running.admin_api import AdminApi
from running.admin_client import ask
from running.certificates import self_signed
from running.declared import declaring
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

TAKEN_ROUTE = {"hosts": [TAKEN], "page": "taken"}


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
        path = "/v1/routes/taken?owner=somebody"
        assert ask(api.path, "PUT", path, TAKEN_ROUTE).status == 201
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


class RunningUnderTest(ApiUnderTest):
    """A proxy that runs, with workers that serve what is declared."""

    def begin_anew(self) -> None:
        """Have nothing declared but what every test begins with."""
        taken = {"kind": "route", "id": "taken", "owner": "somebody", "document": TAKEN_ROUTE}
        purges = [{"kind": "route"}, {"kind": "certificate"}]
        batch = {"changes": [taken], "purges": purges}
        assert ask(self.socket, "POST", "/v1/changes", batch).status == 200


@pytest.fixture(scope="module")
def proxy_that_runs(
    tmp_path_factory: pytest.TempPathFactory, texts: Mapping[str, str]
) -> Iterator[RunningUnderTest]:
    with declaring(tmp_path_factory.mktemp("proxy"), FILE) as declared:
        yield RunningUnderTest(declared.socket, texts)


class TestRunningProxy(ProxyContract):
    @pytest.fixture
    def proxy(self, proxy_that_runs: RunningUnderTest) -> RunningUnderTest:
        proxy_that_runs.begin_anew()
        return proxy_that_runs
