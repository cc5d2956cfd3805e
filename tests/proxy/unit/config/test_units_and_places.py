# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations, sizes, rates and addresses, as people write them."""

from __future__ import annotations

import pytest
from sluice_proxy.config import places, units
from sluice_proxy.routes.model.target import Scheme, Target
from sluice_proxy.snapshot.listening import InheritedSocket, TcpAddress, UnixAddress
from sluice_proxy.snapshot.networks import Networks


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(5, 5.0), (0.5, 0.5), ("500ms", 0.5), ("30s", 30.0), ("1.5 h", 5400.0), ("2m", 120.0),
     ("1d", 86_400.0), ("7", 7.0)],
)  # fmt: skip
def test_durations(value: object, seconds: float) -> None:
    assert units.seconds(value) == seconds


@pytest.mark.parametrize("value", ["", "s", "5x", "-5s", "1e3", "500d", True, None, [], "5 s 3"])
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match=r"duration|year"):
        units.seconds(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [(4096, 4096), ("64KiB", 65_536), ("10MiB", 10_485_760), ("1.5k", 1536), ("10 MB", 10**7),
     ("0", 0), ("1GiB", 1 << 30)],
)  # fmt: skip
def test_sizes(value: object, size: int) -> None:
    assert units.size(value) == size


@pytest.mark.parametrize("value", ["", "ten", "1.5", "-1", "9999TiB", True, None, {}])
def test_what_is_no_size(value: object) -> None:
    with pytest.raises(ValueError, match=r"size|bytes"):
        units.size(value)


@pytest.mark.parametrize(
    ("value", "rate"), [(5, 5.0), ("10/s", 10.0), ("90/m", 1.5), ("1 / h", 1 / 3600)]
)
def test_rates(value: object, rate: float) -> None:
    assert units.per_second(value) == rate


@pytest.mark.parametrize("value", ["", "0/s", "x/s", "5/d", "-1/s", 0, None])
def test_what_is_no_rate(value: object) -> None:
    with pytest.raises(ValueError, match="rate"):
        units.per_second(value)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:80", TcpAddress("0.0.0.0", 80)),
        ("[::]:443", TcpAddress("::", 443)),
        ("unix:/run/edge.sock", UnixAddress("/run/edge.sock")),
        ("systemd:http", InheritedSocket("http")),
    ],
)
def test_listen_addresses(text: str, address: object) -> None:
    found = places.listen_address(text)
    assert found == address
    assert str(found) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("80", "has no port"),
        (":80", "is not an IP address"),
        ("localhost:80", "is not an IP address"),
        ("::1:80", "in brackets"),
        ("[127.0.0.1]:80", "in brackets"),
        ("0.0.0.0:0", "out of range: use 1 to 65535"),
        ("0.0.0.0:http", "is not a number"),
        ("unix:edge.sock", "does not begin with /"),
        ("unix:/" + "x" * 107, "longer than 107 bytes"),
        ("systemd:", "has no name"),
    ],
)
def test_what_is_no_listen_address(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        places.listen_address(text)


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://10.0.0.1:8080", Target(host="10.0.0.1", port=8080)),
        ("http://app", Target(host="app", port=80)),
        ("https://App.Example", Target(Scheme.HTTPS, "app.example", 443)),
        ("ws://app:81", Target(host="app", port=81)),
        ("wss://app", Target(Scheme.HTTPS, "app", 443)),
        ("http://[2001:DB8::1]:8080/", Target(host="2001:db8::1", port=8080)),
        ("http://app/base?k=v", Target(host="app", path="/base", query="k=v")),
        ("http://app/@me", Target(host="app", path="/@me")),
        ("http://app/a|b", Target(host="app", path="/a%7Cb")),
        ("unix:/run/app.sock", Target(socket="/run/app.sock")),
    ],
)
def test_targets(text: str, target: Target) -> None:
    assert places.target_place(text) == target


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http://app:99999", "port 99999 is out of range: use 1 to 65535"),
        ("http://app:0", "out of range"),
        ("http://app:", "is not a number"),
        ("http://app:8o", "is not a number"),
        ("http://", "has no host"),
        ("http://u:p@app", "has no user"),
        ("ftp://u:p@app", "has no user"),
        ("http://u:p@app/a b", "has no user"),
        ("http://app/#x", "has no fragment"),
        ("http://10.0.0.256", "neither a host name nor an IPv4 address"),
        ("http://010.0.0.1:80", "neither a host name nor an IPv4 address"),
        ("http://[fe80::1%25eth0]", "has a zone"),
        ("http://[::1::]", "is not an"),
        ("http://a_b..c", "is not a host name"),
        ("http://[::1", "is not an URI"),
        ("ftp://app", "is not a target"),
        ("app:80", "is not a target"),
        ("http:app", "is not a target"),
        ("http://app/a b", "is not an URI"),
        ("http://app/\r\nX: y", "is not an URI"),
        ("http://app/../x", "segment . or .."),
        ("unix:run.sock", "does not begin with /"),
    ],
)
def test_what_is_no_target(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        places.target_place(text)


def test_a_target_that_is_refused_keeps_its_password_to_itself() -> None:
    for text in ("http://user:hunter2@app", "ftp://user:hunter2@app", "http://u:hunter2@a b"):
        with pytest.raises(ValueError, match="target") as caught:
            places.target_place(text)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("App.Example", "app.example"),
        ("app:8080", "app:8080"),
        ("10.0.0.1:1", "10.0.0.1:1"),
        ("[2001:DB8:0::1]", "[2001:db8::1]"),
        ("[::1]:8443", "[::1]:8443"),
    ],
)
def test_the_host_of_a_check_is_one_with_or_without_a_port(text: str, host: str) -> None:
    assert places.authority(text) == host


@pytest.mark.parametrize(
    "text", ["", "a b", "a\r\nX: y", "a:0", "a:x", "::1", "[::1", "[x]", "a/b"]
)
def test_what_is_no_host_of_a_check(text: str) -> None:
    with pytest.raises(ValueError, match=r"host|port|IPv6"):
        places.authority(text)


def test_a_targets_name_tells_its_place_in_one_form() -> None:
    names = [
        places.target_place(text).name
        for text in ("http://APP:80/", "https://app:443", "http://[::1]:81/x?y", "unix:/s")
    ]
    assert names == ["http://app", "https://app", "http://[::1]:81/x?y", "http+unix:/s"]


def test_networks_are_asked_for_addresses_of_both_families() -> None:
    networks = Networks(places.network(text) for text in ("10.0.0.0/8", "2001:db8::/32"))
    inside = ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::1", "2001:db8::1%eth0"]
    outside = ["11.0.0.1", "2001:db9::1", "", "unix"]
    for _unused in range(2):
        assert [address for address in inside if address not in networks] == []
        assert [address for address in outside if address in networks] == []


@pytest.mark.parametrize(
    ("text", "said"), [("10.0.0.1/8", "write 10.0.0.0/8"), ("x", "like 10.0.0.0/8")]
)
def test_what_is_no_network(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        places.network(text)
