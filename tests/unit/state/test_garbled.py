# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in a record, the command answers in lines and never breaks down."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.tests.unit.state.test_merging import fresh_host

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=9),
    st.sampled_from(["192.0.2.1", "2001:db8::1", "absent", "eth0", "auto", "0", "-1", "tcp"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
DESTINATIONS = [{"address": "10.0.0.1", "port": 80, "weight": 1}]
RECORDS: Dict[str, List[Dict[str, Any]]] = {
    "settings": [{"timeouts": {"tcp": 60}}, {"sync_master": {"interface": "eth0"}}],
    "ipvs": [
        {"address": "192.0.2.1", "port": 80, "servers": [{"address": "10.0.0.1", "weight": 1}]},
        {"fwmark": 7, "scheduler": "rr", "persistence": 300},
        {"service": {"fwmark": 7}, "address": "10.0.0.2", "forward_method": "masquerade"},
    ],
    "dnat": [
        {"name": "www", "address": "192.0.2.1", "port": 80, "destinations": DESTINATIONS},
        {"name": "dns", "address": "192.0.2.1", "port": 53, "destinations": [], "flush": "all"},
    ],
    "vip": [
        {"address": "192.0.2.1", "prefix": 32, "interface": "eth0", "label": "eth0:www"},
        {"address": "2001:db8::1", "prefix": 128, "interface": "eth0", "nodad": True},
    ],
}


@pytest.mark.parametrize("kind", RECORDS)
@given(data=st.data())
def test_a_garbled_entry_is_named_or_harmless(kind: str, data: st.DataObject) -> None:
    resources = copy.deepcopy(RECORDS[kind])
    victim = data.draw(st.sampled_from(resources))
    option = data.draw(st.one_of(st.sampled_from(sorted(victim)), st.text(max_size=9)))
    inner = victim.get(option)
    if isinstance(inner, dict) and data.draw(st.booleans()):
        inner[data.draw(st.sampled_from(sorted(inner)))] = data.draw(VALUES)
    else:
        victim[option] = data.draw(VALUES)
    with fresh_host() as host:
        folder = Path(host.store.directory)
        folder.mkdir()
        text = json.dumps({"format": 1, "resources": resources})
        (folder / (kind + ".json")).write_text(text)
        for words in (["show"], ["export"], ["check"], ["apply"], ["withdraw"]):
            said = host.command(*words)
            assert said.status in (0, 1, 2)
            assert said.status or not said.err
            assert all(line.startswith("sluice-state: ") for line in said.err)
            assert len(said.err) <= len(resources)
