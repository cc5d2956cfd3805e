# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PROXY headers in and out. Sections are those of haproxy's proxy-protocol.txt."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.proxy_protocol import (
    BadProxyHeader,
    Command,
    ProxyHeader,
    Tlv,
    compose_v1,
    compose_v2,
    read_header,
)
from sluice_proxy.proxy_protocol.crc32c import crc32c

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LONGEST = b" " + b"ffff:" * 7 + b"ffff " + b"ffff:" * 7 + b"ffff 65535 65535\r\n"
LONGEST_V1 = b"PROXY TCP6" + LONGEST
LONGEST_UNKNOWN = b"PROXY UNKNOWN" + LONGEST


def v2(command: int = 1, family: int = 0x11, body: bytes = b"", version: int = 2) -> bytes:
    return SIGNATURE + bytes((version << 4 | command, family)) + len(body).to_bytes(2, "big") + body


V4_BODY = (
    bytes((192, 0, 2, 1, 192, 0, 2, 2)) + (56324).to_bytes(2, "big") + (443).to_bytes(2, "big")
)
V4 = ProxyHeader(Command.PROXY, IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"), 56324, 443)


def test_the_example_of_version_1() -> None:
    raw = b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"

    everywhere = IPv4Address("255.255.255.255")
    assert read_header(raw + b"GET") == (
        ProxyHeader(Command.PROXY, everywhere, everywhere, 65535, 65535),
        len(raw),
    )


def test_the_longest_lines_of_version_1_are_read() -> None:
    assert len(LONGEST_UNKNOWN) == 107
    assert read_header(LONGEST_UNKNOWN) == (ProxyHeader(Command.PROXY), 107)
    found = read_header(LONGEST_V1)
    assert found is not None
    assert found[0].source == IPv6Address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")


def test_unknown_says_nothing() -> None:
    assert read_header(b"PROXY UNKNOWN\r\n") == (ProxyHeader(Command.PROXY), 15)


def test_addresses_of_version_2() -> None:
    assert read_header(v2(body=V4_BODY) + b"GET") == (V4, 28)


def test_local_and_unspec_say_nothing_whatever_follows() -> None:
    assert read_header(v2(command=0, body=V4_BODY)) == (ProxyHeader(Command.LOCAL), 28)
    assert read_header(v2(command=0, family=0x41, body=b"new")) == (ProxyHeader(Command.LOCAL), 19)
    assert read_header(v2(command=0, family=0)) == (ProxyHeader(Command.LOCAL), 16)
    assert read_header(v2(family=0, body=b"anything")) == (ProxyHeader(Command.PROXY), 24)


def test_unix_addresses_are_paths() -> None:
    found = read_header(v2(family=0x31, body=b"/a".ljust(108, b"\0") + b"/b".ljust(108, b"\0")))

    assert found == (ProxyHeader(Command.PROXY, b"/a", b"/b"), 232)


def test_datagrams_are_told_from_streams() -> None:
    found = read_header(v2(family=0x12, body=V4_BODY))

    assert found is not None
    assert found[0].datagram


def test_additional_values_are_read_in_order() -> None:
    found = read_header(v2(body=V4_BODY + b"\x01\0\x02h2" + b"\xea\0\0"))

    assert found is not None
    assert found[0].tlvs == (Tlv(1, b"h2"), Tlv(0xEA, b""))


ADDRESSES = st.one_of(
    st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)),
    st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6)),
)
PORTS = st.integers(0, 65535)
TLVS = st.lists(st.builds(Tlv, st.integers(4, 255), st.binary(max_size=20)), max_size=5).map(tuple)


@given(ADDRESSES, PORTS, PORTS, TLVS, st.booleans(), st.booleans())
def test_what_was_written_as_version_2_is_read_again(
    addresses: tuple[IPv4Address, IPv4Address],
    source_port: int,
    destination_port: int,
    tlvs: tuple[Tlv, ...],
    datagram: bool,
    checksum: bool,
) -> None:
    header = ProxyHeader(Command.PROXY, *addresses, source_port, destination_port, datagram, tlvs)

    raw = compose_v2(header, checksum=checksum)
    found = read_header(raw + b"GET")

    assert found is not None
    assert found[1] == len(raw)
    assert found[0].tlvs[: len(tlvs)] == tlvs
    assert [tlv.type for tlv in found[0].tlvs[len(tlvs) :]] == ([3] if checksum else [])
    assert compose_v2(found[0], checksum=checksum) == raw


@given(ADDRESSES, PORTS, PORTS)
def test_what_was_written_as_version_1_is_read_again(
    addresses: tuple[IPv4Address, IPv4Address], source_port: int, destination_port: int
) -> None:
    header = ProxyHeader(Command.PROXY, *addresses, source_port, destination_port)

    assert read_header(compose_v1(header)) == (header, len(compose_v1(header)))


@pytest.mark.parametrize(
    "header",
    [
        ProxyHeader(Command.LOCAL),
        ProxyHeader(Command.PROXY),
        ProxyHeader(Command.PROXY, b"/a", b"/b"),
        ProxyHeader(Command.PROXY, ip_address("::1"), ip_address("192.0.2.1"), 1, 2),
    ],
)
def test_version_1_says_unknown_of_what_it_cannot_say(header: ProxyHeader) -> None:
    assert compose_v1(header) == b"PROXY UNKNOWN\r\n"


def test_version_1_has_no_zones() -> None:
    link_local = ProxyHeader(Command.PROXY, ip_address("fe80::1%e0"), ip_address("fe80::2%e0"))

    assert compose_v1(link_local) == b"PROXY TCP6 fe80::1 fe80::2 0 0\r\n"


@pytest.mark.parametrize(
    "raw",
    [b"PROXY UNKNOWN\r\n", compose_v1(V4), compose_v2(V4), compose_v2(V4, checksum=True)],
)
def test_a_header_is_incomplete_until_its_last_byte(raw: bytes) -> None:
    assert [read_header(raw[:end]) for end in range(len(raw))] == [None] * len(raw)
    assert read_header(raw) is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n",
        b"PROXYX",
        b"PRI * HTTP/2.0\r\n",
        b"proxy TCP4",
        b"\r\n\r\nX",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
        b"PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.256 1 2\r\n",
        b"PROXY TCP4 ::1 ::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY UNKNOWNX\r\n",
        b"PROXY UNKNOWN " + b"a" * 93,
        b"\r\nPROXY UNKNOWN\r\n",
        v2(version=1, body=V4_BODY),
        v2(version=3, body=V4_BODY),
        v2(command=2, body=V4_BODY),
        v2(family=0x41, body=V4_BODY),
        v2(family=0x13, body=V4_BODY),
        v2(body=V4_BODY[:-1]),
        v2(family=0x21, body=V4_BODY),
        v2(family=0x31, body=V4_BODY),
        v2(body=V4_BODY + b"\x01"),
        v2(body=V4_BODY + b"\x01\0\x05h2"),
        v2(body=V4_BODY + b"\x05\0\0" * 65),
        v2(body=V4_BODY + b"\x03\0\x04\0\0\0\0"),
        v2(body=V4_BODY + b"\x03\0\x01\0"),
        v2(body=V4_BODY + b"\x05\x20\0" + bytes(8192)),
    ],
)
def test_what_is_no_header_is_refused(raw: bytes) -> None:
    with pytest.raises(BadProxyHeader):
        read_header(raw)


def test_the_bound_on_bytes_is_told_before_they_arrive() -> None:
    with pytest.raises(BadProxyHeader, match="more than 100"):
        read_header(v2(body=bytes(200))[:16], most_bytes=100)


def test_the_checksum_is_castagnolis() -> None:
    assert crc32c(b"123456789") == 0xE3069283


@pytest.mark.parametrize(
    "header",
    [
        ProxyHeader(Command.PROXY, ip_address("::1"), ip_address("192.0.2.1")),
        ProxyHeader(Command.PROXY, b"/" + b"a" * 108, b"/b"),
        ProxyHeader(Command.PROXY, tlvs=(Tlv(256, b""),)),
        ProxyHeader(Command.PROXY, tlvs=(Tlv(5, bytes(65536)),)),
        ProxyHeader(Command.PROXY, tlvs=(Tlv(5, bytes(65535)),)),
    ],
)
def test_what_does_not_fit_is_not_written(header: ProxyHeader) -> None:
    with pytest.raises(ValueError, match=r"famil|unix|fit|at most"):
        compose_v2(header)
