# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of orders leave behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running.shared_in_memory import close_records


@pytest.fixture(autouse=True)
def _no_records_are_left() -> Iterator[None]:
    yield
    close_records()
