# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An admin API for commands, which find it by the environment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from running.scripted_api import ScriptedApi, Told
from samples.told_status import sample_status


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedApi]:
    """One that tells the sample of a status, whatever is asked."""
    with ScriptedApi(lambda asked: Told(sample_status()), tmp_path) as one:
        monkeypatch.setenv("SLUICE_PROXY_SOCKET", one.socket)
        yield one
