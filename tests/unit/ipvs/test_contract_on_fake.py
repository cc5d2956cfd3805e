# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of IPVS, held by the fake kernel."""

from __future__ import annotations

from typing import Iterator

import pytest

from ansible_collections.sluice.edge.tests.contract.ipvs import IpvsContract
from ansible_collections.sluice.edge.tests.contract.kernels import IpvsUnderTest, fake_ipvs
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs


class TestIpvsOnFake(IpvsContract):
    @pytest.fixture
    def kernel(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[IpvsUnderTest]:
        with fake_ipvs(monkeypatch, FakeIpvs()) as kernel:
            yield kernel
