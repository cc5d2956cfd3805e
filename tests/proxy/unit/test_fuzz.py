# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random input for every parser: about 20 seconds; run fuzz/run.py by hand for longer."""

from __future__ import annotations

from random import Random

import pytest
from fuzz.mutation import Mutator
from fuzz.targets import TARGETS

INPUTS = {
    "request": 45_000,
    "response": 45_000,
    "chunks": 45_000,
    "client-hello": 30_000,
    "proxy-header": 20_000,
}
"""Enough for some four seconds each."""


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_random_input_crashes_nothing_and_is_read_in_one_way(name: str) -> None:
    target = TARGETS[name]
    mutator = Mutator(Random(1), target.seeds, target.words)

    for _unused in range(INPUTS[name]):
        data = mutator.next()
        assert target.verdict(data) is None, data
