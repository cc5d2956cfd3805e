# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A signal that ends the process lets it undo what it began first."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from typing import Iterator

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._kernel.termination import (
    SIGNALS,
    Terminated,
    termination_as_error,
)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_becomes_an_error_that_names_it(number: signal.Signals) -> None:
    with pytest.raises(Terminated, match=number.name), termination_as_error():
        os.kill(os.getpid(), number)


def test_the_next_signal_does_not_cut_the_undoing_short() -> None:
    undone = []

    @contextmanager
    def work_to_undo() -> Iterator[None]:
        try:
            yield
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            undone.append(True)

    with pytest.raises(Terminated, match="SIGTERM"), termination_as_error(), work_to_undo():
        os.kill(os.getpid(), signal.SIGTERM)
    assert undone


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with termination_as_error():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
