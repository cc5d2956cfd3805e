# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel itself refuses leaves what was there."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.declared import (
    service as declared_service,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import SCHEDULERS
from ansible_collections.sluice.edge.tests.integration.robust.director import Director


def test_an_unknown_scheduler_as_the_last_of_100_leaves_what_was_there(
    director: Director, monkeypatch: pytest.MonkeyPatch
) -> None:
    director.run("ipvsadm", "-A", "-t", "192.0.2.100:1000", "-s", "wlc")
    director.run("ipvsadm", "-a", "-t", "192.0.2.100:1000", "-r", "198.51.100.200", "-w", "7")
    before = director.table()
    # As if a later kernel's scheduler were known here already.
    monkeypatch.setattr(declared_service, "SCHEDULERS", (*SCHEDULERS, "tomorrow"))
    config = [
        {
            "address": "192.0.2.100",
            "port": 1000 + number,
            "scheduler": "rr" if number < 99 else "tomorrow",
            "servers": [{"address": "198.51.100.%d" % (1 + number)}],
        }
        for number in range(100)
    ]
    with pytest.raises(Refused) as refused:
        director.services(config=config)
    message = str(refused.value)
    assert "192.0.2.100:1099" in message
    assert "tomorrow" in message
    assert "\n" not in message
    assert refused.value.undone
    assert not refused.value.not_undone
    assert director.table() == before
