# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no unit test may do: write records of the machine that it runs on."""

from __future__ import annotations

import os
from typing import Dict, Iterator

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._record.store import DIRECTORY


def _seen() -> Dict[str, int]:
    """Return when each file of the machine's own records was written, locks included."""
    if not os.path.isdir(DIRECTORY):
        return {}
    with os.scandir(DIRECTORY) as entries:
        files = {entry.name: entry.stat().st_mtime_ns for entry in entries}
    return dict(files, **{".": os.stat(DIRECTORY).st_mtime_ns})


@pytest.fixture(autouse=True)
def _leaves_the_records_of_this_machine_alone() -> Iterator[None]:
    before = _seen()
    yield
    assert _seen() == before, "a test wrote to %s: give it a store of its own" % DIRECTORY
