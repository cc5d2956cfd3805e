# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the proxy's tests find the package and the corpus, and how long each of them may take."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import pytest

HERE = Path(__file__).resolve().parent

for folder in (HERE, HERE.parents[1] / "roles" / "proxy" / "files"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

pytest.register_assert_rewrite(
    "contracts.store",
    "contracts.shared",
    "contracts.shared_changes",
    "contracts.shared_documents",
    "contracts.shared_leases",
    "contracts.sharing",
)

MOST_SECONDS = 240
"""For a test, and for what is made before it and ended after it, each: far more than any needs."""
LAST_RESORT = 60
"""Seconds more for the test to end itself, before the whole run is ended for it."""
_error_output = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    # While a test runs, the descriptor 2 is a file of pytest's.
    config.stash[_error_output] = os.dup(2)


def pytest_unconfigure(config: pytest.Config) -> None:
    # A thread that a test left behind would keep the interpreter for ever.
    faulthandler.dump_traceback_later(LAST_RESORT, exit=True, file=config.stash[_error_output])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    return (yield from limited(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    return (yield from limited(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    return (yield from limited(item))


def limited(item: pytest.Item) -> Generator[None]:
    """Have a test that hangs fail, with what each thread does; end the run if it does not end."""
    __tracebackhide__ = True
    output = item.config.stash[_error_output]

    def give_up(signum: int, frame: FrameType | None) -> None:
        os.write(output, f"\n{item.nodeid} hangs:\n".encode())
        faulthandler.dump_traceback(output)
        pytest.fail(f"not done after {MOST_SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(MOST_SECONDS)
    faulthandler.dump_traceback_later(MOST_SECONDS + LAST_RESORT, exit=True, file=output)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)
