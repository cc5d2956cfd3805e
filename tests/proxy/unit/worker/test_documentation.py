# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of the data plane in the documentation are the program's."""

from __future__ import annotations

from pathlib import Path

import pytest
from sluice_proxy.supervisor.aside import TURN
from sluice_proxy.worker import http1_client, target_connection
from sluice_proxy.worker.deadlines import INTERVAL
from sluice_proxy.worker.exchange_state import MOST_KEPT
from sluice_proxy.worker.names import PATIENCE
from sluice_proxy.worker.request_content import LEAST_PACE
from sluice_proxy.worker.target_pool import AVOIDED

PAGE = Path(__file__).resolve().parents[4] / "docs" / "proxy" / "architecture.md"


@pytest.mark.parametrize(
    ("said", "figure", "meant"),
    [
        ("each quarter of a second", INTERVAL, 0.25),
        (f"Content has to come at {LEAST_PACE} bytes a second", LEAST_PACE, 128),
        ("takes no more than 64 KiB ahead", http1_client.WRITE_BUFFER, 64 * 1024),
        ("takes no more than 64 KiB ahead", target_connection.WRITE_BUFFER, 64 * 1024),
        ("takes no more than 64 KiB ahead", MOST_KEPT, 64 * 1024),
        ("no more than 64 KiB and one read of them", http1_client.MOST_AHEAD, 64 * 1024),
        ("every tenth of a millisecond", TURN, 0.0001),
        ("is tried last for 10 seconds", AVOIDED, 10),
        ("takes longer than 0.5 seconds", PATIENCE, 0.5),
    ],
)
def test_a_figure_of_the_page_is_that_of_the_program(
    said: str, figure: float, meant: float
) -> None:
    assert said in PAGE.read_text()
    assert figure == meant
