# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of IPVS, held by the kernel of the machine the tests run on. Needs root and IPVS.

In the test machine, where only the collection is:
``python3 -m pytest -c /dev/null --import-mode=importlib -p no:cacheprovider tests/contract``.
"""

from __future__ import annotations

from typing import Iterator

import pytest

from ansible_collections.sluice.edge.tests.contract.ipvs import IpvsContract
from ansible_collections.sluice.edge.tests.contract.kernels import IpvsUnderTest, real_ipvs


class TestIpvsOnRealKernel(IpvsContract):
    @pytest.fixture
    def kernel(self) -> Iterator[IpvsUnderTest]:
        with real_ipvs() as kernel:
            yield kernel
