# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fast way to decode counters says what the plain way says."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire import attributes as a
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire.codec import (
    decode_server_counters,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire.servers import (
    CounterDecoder,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netlink import attribute

WIDE = st.integers(0, 2**64 - 1)
NUMBERS = st.tuples(*[st.integers(0, 2**32 - 1)] * 3)
STATISTICS = st.lists(WIDE, min_size=10, max_size=10)


def statistics(values, order=range(10), padding=b""):
    parts = [padding + attribute(index + 1, struct.pack("=Q", values[index])) for index in order]
    return a.nested(a.DEST_STATS64, b"".join(parts))


def dumped(connections, block):
    active, inactive, persistent = connections
    return a.nested(
        a.CMD_ATTR_DEST,
        attribute(a.DEST_ADDR, bytes(16))
        + a.be16(a.DEST_PORT, 80)
        + a.u32(a.DEST_ACTIVE_CONNS, active)
        + a.u32(a.DEST_INACT_CONNS, inactive)
        + a.u32(a.DEST_PERSIST_CONNS, persistent)
        + block,
    )


@given(st.lists(st.tuples(NUMBERS, STATISTICS), min_size=1, max_size=4))
def test_entries_that_look_alike_are_decoded_alike(servers):
    decoder = CounterDecoder()
    for connections, values in servers:
        counters = decoder.decode(dumped(connections, statistics(values)))
        assert counters == (*connections, tuple(values))


VALUES = list(range(100, 110))
USUAL = dumped((1, 2, 3), statistics(VALUES))
UNUSUAL = {
    "in another order": dumped((1, 2, 3), statistics(VALUES, order=reversed(range(10)))),
    "padded": dumped((1, 2, 3), statistics(VALUES, padding=attribute(0, b""))),
    "without wide statistics": dumped(
        (1, 2, 3),
        a.nested(a.DEST_STATS, b"".join(a.u32(index + 1, VALUES[index]) for index in range(10))),
    ),
    "nested in another way": USUAL.replace(
        attribute(a.DEST_PORT, b"\x00\x50"), attribute(99, b"\x00\x50")
    ),
}


@pytest.mark.parametrize("first", [USUAL, None], ids=["after a usual one", "as the first"])
@pytest.mark.parametrize("entry", UNUSUAL.values(), ids=UNUSUAL)
def test_an_entry_that_looks_different_is_decoded_all_the_same(entry, first):
    decoder = CounterDecoder()
    if first is not None:
        decoder.decode(first)
    assert decoder.decode(entry) == decode_server_counters(entry) == (1, 2, 3, tuple(VALUES))
