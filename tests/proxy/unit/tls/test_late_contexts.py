# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A handshake whose context is not there yet: it waits, and then goes on as any other."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.certificates import leaf
from samples.handshakes import client_context, show
from samples.wires import Inside, TlsWire
from sluice_proxy.tls.client_hello import ClientHello
from sluice_proxy.tls.server_side import HelloRefused, TlsServerSide, fatal_alert

PAIR = leaf("a.test")


def shown() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show(context, PAIR)
    return context


class Later:
    """A context that is there when the test says so."""

    seconds = 30.0

    def __init__(
        self,
        found: ssl.SSLContext | HelloRefused,
        *,
        validates: bool = False,
        refused: HelloRefused | None = None,
    ) -> None:
        """``refused`` is raised at once."""
        self.found = found
        self.validates = validates
        self._refused = refused
        self.there: Callable[[], None] | None = None
        self.forgotten = False

    def begin(self, there: Callable[[], None]) -> None:
        if self._refused is not None:
            raise self._refused
        self.there = there

    def context(self) -> ssl.SSLContext:
        if isinstance(self.found, HelloRefused):
            raise self.found
        return self.found

    def forget(self) -> None:
        self.forgotten = True
        self.there = None

    def decide(self) -> None:
        there, self.there = self.there, None
        assert there is not None
        there()


class Connection:
    """A real client, before its first byte has come; ``choice`` is what is chosen for it."""

    def __init__(self, choice: ssl.SSLContext | Later, alpn: tuple[str, ...] = ()) -> None:
        self.wire, self.inside = TlsWire(), Inside()
        self.failures: list[str] = []
        self.asked: list[ClientHello] = []

        def choose(hello: ClientHello, came_to: str) -> ssl.SSLContext | Later:
            self.asked.append(hello)
            return choice

        self.side = TlsServerSide(choose, self.inside, self.failures.append)
        self.side.connection_made(self.wire)
        self._to_client, self._from_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_context(alpn=alpn).wrap_bio(
            self._to_client, self._from_client, server_hostname="a.test"
        )
        with pytest.raises(ssl.SSLWantReadError):
            self.client.do_handshake()
        self.hello = self._from_client.read()

    def go_on(self) -> None:
        """Bring to each side what the other one sent, until both are done."""
        for _unused in range(4):
            self._to_client.write(self.wire.sent)
            self.wire.sent = b""
            # One that is refused is told so here.
            with suppress(ssl.SSLError):
                self.client.do_handshake()
            self.side.data_received(self._from_client.read())


def test_a_handshake_goes_on_when_the_context_is_there() -> None:
    later = Later(shown())
    connection = Connection(later)
    connection.side.data_received(connection.hello)
    assert connection.wire.sent == b""
    assert not connection.wire.closed

    later.decide()
    connection.go_on()

    assert connection.inside.transport is connection.side
    assert connection.client.getpeercert()
    assert [hello.server_name for hello in connection.asked] == ["a.test"]


def test_a_name_that_is_refused_later_is_told_so() -> None:
    later = Later(HelloRefused("no certificate for a.test", fatal_alert(112)))
    connection = Connection(later)
    connection.side.data_received(connection.hello)

    later.decide()

    assert connection.wire.sent == fatal_alert(112)
    assert connection.wire.closed
    assert connection.failures == ["no certificate for a.test"]
    assert connection.inside.transport is None


def test_what_need_not_be_waited_for_is_refused_at_once() -> None:
    refused = HelloRefused("too many", fatal_alert(112))
    connection = Connection(Later(refused, refused=refused))

    connection.side.data_received(connection.hello)

    assert (connection.wire.sent, connection.failures) == (fatal_alert(112), ["too many"])


def test_a_connection_that_is_lost_meanwhile_is_forgotten() -> None:
    later = Later(shown())
    connection = Connection(later)
    connection.side.data_received(connection.hello)

    connection.side.connection_lost(None)

    assert later.forgotten
    assert connection.side._later is None
    assert connection.side._first is None


@pytest.mark.parametrize("how", ["close", "abort"])
def test_a_connection_that_we_close_meanwhile_is_not_gone_on_with(how: str) -> None:
    later = Later(shown())
    connection = Connection(later)
    connection.side.data_received(connection.hello)

    getattr(connection.side, how)()
    later.decide()

    assert connection.wire.sent == b""
    assert connection.inside.transport is None


def test_a_client_that_goes_on_unanswered_is_kept_no_more_than_a_bit_of() -> None:
    later = Later(shown())
    connection = Connection(later)
    connection.side.data_received(connection.hello)
    for _unused in range(200):
        connection.side.data_received(b"x" * 1000)

    assert connection.wire.closed
    assert later.forgotten
    assert connection.failures == ["the client goes on before it was answered"]
    assert connection.side._first is None


def test_a_validation_is_over_with_its_handshake() -> None:
    context = shown()
    context.set_alpn_protocols(["acme-tls/1"])
    later = Later(context, validates=True)
    connection = Connection(later, alpn=("acme-tls/1",))
    connection.side.data_received(connection.hello)
    later.decide()
    connection.go_on()

    assert connection.client.selected_alpn_protocol() == "acme-tls/1"
    assert connection.client.getpeercert()
    assert connection.wire.closed
    assert connection.inside.transport is None
    assert not connection.side.was_open
    assert connection.failures == []


SHOWN = shown()
REFUSED = HelloRefused("no certificate", fatal_alert(112))


def outcome(
    connection: Connection, pieces: Iterable[bytes], later: Later | None, at: int
) -> tuple[bytes, bool, bool, list[str]]:
    """Return how a connection ends whose bytes come in ``pieces``; the context comes after the
    ``at``-th of them, or as soon as it is waited for."""
    for number, piece in enumerate(pieces):
        if connection.wire.closed:
            # The loop hands nothing on from a transport that was aborted.
            break
        connection.side.data_received(piece)
        if later is not None and later.there is not None and number >= at:
            later.decide()
    if later is not None and later.there is not None:
        later.decide()
    answered = connection.wire.sent[:1]
    connection.go_on()
    return (
        answered,
        connection.wire.closed,
        connection.inside.transport is not None,
        connection.failures,
    )


@given(
    st.lists(st.integers(0, 600), max_size=6),
    st.integers(0, 6),
    st.sampled_from([b"", b"x", b"\x16\x03\x03\x00\x00", b"\x17\x03\x03\x00\x01x" * 5]),
    st.sampled_from([SHOWN, REFUSED]),
)
def test_it_ends_the_same_whenever_the_context_comes_and_however_bytes_are_split(
    places: list[int], at: int, stray: bytes, found: ssl.SSLContext | HelloRefused
) -> None:
    # What follows the ClientHello is nothing that a client may send.
    later = Later(found)
    waiting, usual = Connection(later), Connection(SHOWN)
    data = waiting.hello + stray
    bounds = sorted({0, len(data), *(place % len(data) for place in places)})
    pieces = [data[start:end] for start, end in pairwise(bounds)]
    ended = outcome(waiting, pieces, later, at)

    if found is SHOWN:
        assert ended == outcome(usual, [usual.hello + stray], None, 0)
        assert ended[2] == (stray == b"")
    else:
        assert ended == (fatal_alert(112)[:1], True, False, ["no certificate"])
