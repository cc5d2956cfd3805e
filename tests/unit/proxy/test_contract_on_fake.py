# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract of routes and certificates, at the fake proxy."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Sequence

import pytest

from ansible_collections.sluice.edge.tests.contract.bad_input.certificates import (
    CHAIN,
    KEY,
    OTHER_KEY,
    WRONG_CERTIFICATES,
)
from ansible_collections.sluice.edge.tests.contract.bad_input.proxy import (
    OF_FILE,
    TAKEN,
    Found,
    Mistake,
)
from ansible_collections.sluice.edge.tests.contract.bad_input.routes import WRONG_ROUTES
from ansible_collections.sluice.edge.tests.contract.proxy import (
    OTHER_CHAIN,
    MistakesContract,
    ProxyContract,
)
from ansible_collections.sluice.edge.tests.fakes.proxy import FakeProxy, serving


def pem(label: str, content: str) -> str:
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label, content, label)


class FakeUnderTest:
    texts = {
        CHAIN: pem("CERTIFICATE", "one"),
        KEY: pem("PRIVATE KEY", "the+secret+of+one"),
        OTHER_CHAIN: pem("CERTIFICATE", "two"),
        OTHER_KEY: pem("PRIVATE KEY", "the+secret+of+two"),
    }

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self.fake = FakeProxy()
        of_file = {"hosts": "file.example.com", "targets": "http://198.51.100.1"}
        self.fake.have("route", OF_FILE, of_file, origin="file")
        self.fake.have("route", "taken", {"hosts": [TAKEN], "page": "taken"}, owner="somebody")

    def expect(self, found: Found) -> None:
        self.fake.refuse(*found)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[FakeUnderTest]:
    under_test = FakeUnderTest(str(tmp_path / "admin.sock"))
    with serving(under_test.fake, under_test.socket):
        yield under_test


class TestProxyOnFake(ProxyContract):
    """All of it."""


class TestMistakesOnFake(MistakesContract):
    """All of them."""


@pytest.mark.parametrize("mistakes", [WRONG_ROUTES, WRONG_CERTIFICATES], ids=["route", "cert"])
def test_there_are_sixty_mistakes_for_each_module_and_no_two_are_the_same(
    mistakes: Sequence[Mistake],
) -> None:
    assert len({repr(each.params) for each in mistakes}) == len(mistakes) >= 60
