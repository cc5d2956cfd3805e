# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumped entries as kernels old and new write them."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import (
    Server,
    ServerId,
    Service,
    ServiceId,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire import attributes as a
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire.codec import (
    ServerEncoder,
    decode_server,
    decode_server_counters,
    decode_service,
    decode_service_counters,
    encode_service,
    encode_service_reference,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire.servers import ServerDecoder
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.fakes.ipvs_bytes import attribute, attributes_of
from ansible_collections.sluice.edge.tests.unit.ipvs.tables import (
    kernel_with,
    servers,
    service_ids,
    tables,
)

WEB = ServiceId("ipv4", "tcp", parse_address("192.0.2.10"), 80, 0)


@st.composite
def dumps(draw: st.DrawFn) -> tuple:
    """A service and dumped servers, some with attributes missing, moved, or of later kernels."""
    service = draw(service_ids())
    listed = draw(st.lists(servers(service), max_size=6, unique_by=lambda entry: entry.key))
    table = {service: Service(service, "rr"), **{entry.key: entry for entry in listed}}
    entries = kernel_with(table).dump(encode_service_reference(a.CMD_GET_DEST, service))
    return service, [draw(variants(entry)) for entry in entries]


@st.composite
def variants(draw: st.DrawFn, entry: bytes) -> bytes:
    found = list(attributes_of(attributes_of(entry)[2]).items())
    fate = draw(st.sampled_from(["as it is", "old", "shuffled", "new", "padded", "longer"]))
    if fate == "old":
        # Before 3.10 no tunnels, before 3.18 no family of its own, before 4.1 no wide counters.
        found = [item for item in found if item[0] not in (11, 12, 13, 14, 15)]
    elif fate == "shuffled":
        found = draw(st.permutations(found))
    elif fate == "new":
        found.insert(draw(st.integers(0, len(found))), (99, draw(st.binary(max_size=9))))
    elif fate == "padded":
        found.insert(draw(st.integers(0, len(found))), (0, b""))
    elif fate == "longer":
        found = [(number, data + b"\x00" * 4 if number == 4 else data) for number, data in found]
    return attribute(2, b"".join(attribute(number, data) for number, data in found))


@given(st.lists(dumps(), min_size=1, max_size=3))
def test_the_quick_decoder_reads_what_the_plain_one_reads(listed: List[tuple]) -> None:
    decoder = ServerDecoder()
    for service, entries in listed + listed:
        plain = [decode_server(service, entry) for entry in entries]
        assert decoder.decode(service, entries) == plain


@given(tables())
def test_every_entry_is_read_back_as_it_was_written(table: dict) -> None:
    fake = kernel_with(table)
    for entry in fake.dump(bytes([a.CMD_GET_SERVICE])):
        service = decode_service(entry)
        assert table[service.key] == service
        for found in fake.dump(encode_service_reference(a.CMD_GET_DEST, service.key)):
            server = decode_server(service.key, found)
            assert table[server.key] == server


def test_a_server_without_a_family_of_its_own_has_its_services() -> None:
    for family, address in (("ipv4", "10.0.0.1"), ("ipv6", "2001:db8::1")):
        service = ServiceId(family, "", None, 0, 1)
        server = Server(ServerId(service, parse_address(address), 80), "masquerade", 1)
        fake = kernel_with({service: Service(service, "rr"), server.key: server})
        (entry,) = fake.dump(encode_service_reference(a.CMD_GET_DEST, service))
        found = {**attributes_of(attributes_of(entry)[2])}
        del found[11]
        bare = attribute(2, b"".join(attribute(*item) for item in found.items()))
        assert decode_server(service, bare) == server
        assert ServerDecoder().decode(service, [bare]) == [server]


def test_counts_and_statistics_are_read_whole() -> None:
    fake = FakeIpvs()
    server = Server(ServerId(WEB, parse_address("10.0.0.1"), 80), "direct", 1)
    fake.batch(
        [
            encode_service(a.CMD_NEW_SERVICE, Service(WEB, "rr")),
            ServerEncoder(WEB).encode(a.CMD_NEW_DEST, server),
        ]
    )
    numbers = tuple(2**64 - number for number in range(1, 11))
    fake.set_statistics(numbers)
    fake.set_connections(b"\x0a\x00\x00\x01", 80, 7, 8, 9)
    (entry,) = fake.dump(encode_service_reference(a.CMD_GET_DEST, WEB))
    assert decode_server_counters(entry) == (7, 8, 9, numbers)
    (entry,) = fake.dump(bytes([a.CMD_GET_SERVICE]))
    assert decode_service_counters(entry) == (0, 0, 0, numbers)


@pytest.mark.parametrize("missing", [(12,), (10, 12)])
def test_kernels_without_wide_counters_are_read_too(missing: tuple) -> None:
    fake = kernel_with({WEB: Service(WEB, "rr")})
    fake.set_statistics(range(1, 11))
    (entry,) = fake.dump(bytes([a.CMD_GET_SERVICE]))
    found = attributes_of(attributes_of(entry)[1])
    bare = attribute(
        1, b"".join(attribute(*item) for item in found.items() if item[0] not in missing)
    )
    expected = tuple(range(1, 11)) if missing == (12,) else (0,) * 10
    assert decode_service_counters(bare).statistics == expected
