# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fake host of the tests in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest

from ansible_collections.sluice.edge.tests.unit.state.host import Host, fake_host


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Host]:
    with fake_host(monkeypatch, tmp_path) as made:
        yield made
