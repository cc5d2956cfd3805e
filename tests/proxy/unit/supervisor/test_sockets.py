# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening sockets: opened, shared out, taken over, closed."""

from __future__ import annotations

import grp
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running.service import free_port
from sluice_proxy.snapshot.listening import InheritedSocket, Listener, TcpAddress, UnixAddress
from sluice_proxy.supervisor.sockets import (
    CannotListen,
    InheritedSockets,
    ListeningSockets,
    share_out,
)


@pytest.fixture
def sockets() -> Iterator[ListeningSockets]:
    opened = ListeningSockets()
    yield opened
    opened.close()


def tcp(port: int | None = None) -> Listener:
    return Listener(TcpAddress("127.0.0.1", port or free_port()))


def test_each_worker_has_a_socket_of_its_own(sockets: ListeningSockets) -> None:
    listener = tcp()
    sockets.open([listener], 3)

    of_it = sockets.of(listener.address)
    assert len({one.fileno() for one in of_it}) == 3
    assert {one.getsockname()[1] for one in of_it} == {listener.address.port}


def test_opening_again_opens_only_what_is_missing(sockets: ListeningSockets) -> None:
    first, second = tcp(), tcp()
    sockets.open([first], 2)

    assert len(sockets.open([first], 2)) == 0
    assert len(sockets.open([first, second], 2)) == 2
    assert len(sockets.open([first], 5)) == 3


def test_closing_again_leaves_addresses_that_were_there_before(sockets: ListeningSockets) -> None:
    stays, goes = tcp(), tcp()
    sockets.open([stays], 2)

    sockets.close_again(sockets.open([stays, goes], 3))
    # Clients may be waiting at the third: closed, it would reset them.
    assert set(sockets.all()) == {stays.address}
    assert [one.fileno() >= 0 for one in sockets.of(stays.address)] == [True] * 3
    sockets.open([goes], 1)


def test_an_address_that_another_program_listens_to_is_refused_even_if_it_would_share(
    sockets: ListeningSockets,
) -> None:
    free, taken = tcp(), tcp()
    with (
        socket.create_server(("127.0.0.1", taken.address.port), reuse_port=True),
        pytest.raises(CannotListen, match="another program listens there"),
    ):
        sockets.open([free, taken], 2)

    assert sockets.all() == {}
    sockets.open([free, taken], 2)


def test_ipv4_and_ipv6_have_the_same_port_side_by_side(sockets: ListeningSockets) -> None:
    port = free_port()
    both = [Listener(TcpAddress("0.0.0.0", port)), Listener(TcpAddress("::", port))]

    assert len(sockets.open(both, 1)) == 2


def test_a_unix_socket_has_its_mode_and_goes_with_its_listener(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    sockets.open([Listener(UnixAddress(str(path), 0o600))], 4)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    sockets.keep_only([])
    assert not path.exists()


def test_the_permissions_of_a_unix_socket_change_when_the_new_ones_are_in_force(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    sockets.open([Listener(UnixAddress(str(path), 0o600))], 1)
    wider = Listener(UnixAddress(str(path), 0o666))

    assert sockets.open([wider], 1) == []
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    sockets.keep_only([wider])
    assert stat.S_IMODE(path.stat().st_mode) == 0o666
    assert [address.mode for address in sockets.all()] == [0o666]  # type: ignore[union-attr]


def test_a_unix_socket_is_of_the_group_that_is_set_and_goes_back_to_ours(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    group = next(entry for entry in grp.getgrall() if _may_be_given(entry))
    of_group = Listener(UnixAddress(str(path), 0o660, group.gr_name))

    sockets.open([of_group], 1)
    assert (path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (group.gr_gid, 0o660)
    plain = Listener(UnixAddress(str(path), 0o600))
    sockets.open([plain], 1)
    sockets.keep_only([plain])
    assert (path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)) == (os.getegid(), 0o600)


def _may_be_given(entry: grp.struct_group) -> bool:
    mine = (os.getegid(), *os.getgroups())
    return entry.gr_gid != os.getegid() if os.geteuid() == 0 else entry.gr_gid in mine


def test_a_group_that_there_is_not_is_refused_before_anything_is_opened(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    path = tmp_path / "s"
    sockets.open([Listener(UnixAddress(str(path)))], 1)
    unknown = [
        Listener(UnixAddress(str(tmp_path / "t"))),
        Listener(UnixAddress(str(path), 0o660, "no-such-group")),
    ]

    with pytest.raises(CannotListen, match="there is no group no-such-group: make it, or name"):
        sockets.open(unknown, 1)
    assert not (tmp_path / "t").exists()
    assert path.exists()


def test_the_file_of_a_unix_socket_that_a_unit_made_or_systemd_keeps_stays(tmp_path: Path) -> None:
    for name, stays in (("web", True), ("sluice-proxy", False)):
        path = tmp_path / name
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
            made.listen()
            sockets = ListeningSockets(InheritedSockets([(name, made.dup())]))
        sockets.open([Listener(UnixAddress(str(path)))], 1)
        sockets.keep_only([])
        assert path.exists() == stays
    path = tmp_path / "ours"
    sockets.open([Listener(UnixAddress(str(path)))], 1)
    sockets.close(kept=True)
    assert path.exists()
    sockets.open([Listener(UnixAddress(str(path)))], 1)
    sockets.close()
    assert not path.exists()


def test_a_unix_socket_that_cannot_be_made_says_what_to_do(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    with pytest.raises(CannotListen, match=f"make the folder {tmp_path}/none first"):
        sockets.open([Listener(UnixAddress(f"{tmp_path}/none/s"))], 1)


def test_a_unix_socket_that_a_dead_program_left_is_replaced(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)

    sockets.open([Listener(UnixAddress(path))], 1)
    assert len(sockets.of(UnixAddress(path))) == 1


def test_a_unix_socket_in_use_and_a_file_are_left_alone(
    sockets: ListeningSockets, tmp_path: Path
) -> None:
    path, file = str(tmp_path / "s"), tmp_path / "f"
    file.write_text("mine")
    with socket.socket(socket.AF_UNIX) as alive:
        alive.bind(path)
        alive.listen()
        with pytest.raises(CannotListen, match="another program listens there"):
            sockets.open([Listener(UnixAddress(path))], 1)
        assert os.path.exists(path)
    with pytest.raises(CannotListen, match="a file that is no socket"):
        sockets.open([Listener(UnixAddress(str(file)))], 1)
    assert file.read_text() == "mine"


def test_sockets_of_systemd_are_found_by_name_and_by_address() -> None:
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)) as bound,
        socket.create_server(("127.0.0.1", 0)) as named,
    ):
        sockets = ListeningSockets(InheritedSockets([("x", bound.dup()), ("web", named.dup())]))
        web, address = InheritedSocket("web"), TcpAddress("127.0.0.1", port)
        opened = sockets.open([Listener(address), Listener(web)], 4)

        assert opened == []
        assert len(sockets.of(address)) == len(sockets.of(web)) == 1
        with pytest.raises(CannotListen, match="FileDescriptorName=other"):
            sockets.open([Listener(InheritedSocket("other"))], 4)
        sockets.close()


def test_a_socket_that_systemd_gave_twice_is_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as named:
        sockets = ListeningSockets(
            InheritedSockets([("web", named.dup()), ("sluice-proxy", named.dup())])
        )
        address = TcpAddress(*named.getsockname())
        sockets.open([Listener(address)], 1)

        assert len(sockets.of(address)) == 1
        sockets.close()


def test_a_socket_of_systemd_that_takes_no_connections_is_refused_with_advice() -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as deaf:
            inherited = InheritedSockets([("web", deaf.dup())])
            with pytest.raises(CannotListen, match="set ListenStream= and Accept=no"):
                ListeningSockets(inherited).open([Listener(InheritedSocket("web"))], 1)
            inherited.close()


@given(st.lists(st.integers(1, 9), max_size=4), st.integers(1, 9))
def test_every_socket_is_listened_to_and_every_worker_listens_everywhere(
    counts: list[int], workers: int
) -> None:
    # Any objects do: nothing is asked of them.
    sockets: list[list] = [[f"{place}.{n}" for n in range(c)] for place, c in enumerate(counts)]
    shares = [share_out(sockets, worker, workers) for worker in range(workers)]

    for place, of_one in enumerate(sockets):
        shared = [one for share in shares for at, one in share if at == place]
        assert set(shared) == set(of_one)
        assert len(shared) == (len(of_one) if len(of_one) >= workers else workers * len(of_one))
    for share in shares:
        assert {place for place, _unused in share} == set(range(len(sockets)))
