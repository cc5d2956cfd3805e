# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of this folder share."""

from __future__ import annotations

import os
from typing import Iterator

import pytest

from ansible_collections.sluice.edge.tests.integration.robust.director import Director, output


@pytest.fixture
def director() -> Iterator[Director]:
    name = "robust-%d" % os.getpid()
    output("ip", "netns", "add", name)
    try:
        output("ip", "-n", name, "link", "set", "lo", "up")
        output("ip", "-n", name, "address", "add", "192.0.2.1/24", "dev", "lo")
        yield Director(name)
    finally:
        output("ip", "netns", "delete", name)
