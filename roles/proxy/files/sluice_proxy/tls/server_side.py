# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS on a connection, over memory buffers: the ClientHello is read before a context is chosen.

``ssl`` applies a context's client-certificate rules and minimum version only when the context is
there before the handshake begins; swapping it in a callback changes no more than the certificate.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from .client_hello import (
    DEFAULT_MOST_BYTES,
    UNEXPECTED_MESSAGE,
    BadClientHello,
    ClientHello,
    ClientHelloReader,
)

_RECORD = 16384
"""Most bytes of one record (RFC 8446, section 5.1), which is all that one read gives."""
_LEAST_READ = 1024
"""Bytes to ask for when little has come: more would only be room that is made and given back."""

_MOST_FIRST = 2 * DEFAULT_MOST_BYTES
"""Bytes that are kept of a client whose context is not there yet."""
_AT_ONCE = 32 * 1024
"""Most bytes that are encrypted or decrypted at once: memory buffers keep room they once had."""


class Inner(Protocol):
    """What is inside the TLS connection; the methods are asyncio.Protocol's."""

    def connection_made(self, transport: Any) -> None:
        """The handshake is done."""

    def data_received(self, data: bytes) -> None:
        """This was inside."""

    def eof_received(self) -> bool | None:
        """No more comes; return whether more may still be sent."""

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""

    def pause_writing(self) -> None:
        """Send no more for now."""

    def resume_writing(self) -> None:
        """Send on."""


class _Nobody(asyncio.Protocol):
    """In place of what was inside a connection that is over."""


_NOBODY = _Nobody()


class HelloRefused(Exception):
    """No context serves this ClientHello; ``alert`` is the record that says so to the client."""

    def __init__(self, reason: str, alert: bytes = b"") -> None:
        super().__init__(reason)
        self.alert = alert


class Later(Protocol):
    """A context that is not there yet."""

    validates: bool
    """Whether the connection is over with its handshake (RFC 8737, section 3)."""
    seconds: float
    """For how long it is waited for at most."""

    def begin(self, there: Callable[[], None]) -> None:
        """Have ``there`` called once, later, as soon as `context` knows.

        Raises HelloRefused, and calls nothing, when that need not be waited for.
        """

    def context(self) -> ssl.SSLContext:
        """Return the context; raises HelloRefused."""

    def forget(self) -> None:
        """Call nothing any more."""


Choose = Callable[[ClientHello, str], ssl.SSLContext | Later]
"""Returns the context for a client and the address that it came to; raises HelloRefused."""


def fatal_alert(description: int) -> bytes:
    """Return the record of a fatal alert (RFC 8446, section 6), before any key is agreed on."""
    return bytes((21, 3, 3, 0, 2, 2, description))


class TlsServerSide(asyncio.Protocol):
    """The server's end of one TLS connection; it is the transport of ``inner``.

    ``inner`` learns of the connection when the handshake is done; ``failed`` is told why it was
    not.
    """

    __slots__ = (
        "_ahead",
        "_came_to",
        "_choose",
        "_closing",
        "_end_sent",
        "_failed",
        "_first",
        "_half_closed",
        "_incoming",
        "_inner",
        "_later",
        "_object",
        "_open",
        "_outgoing",
        "_paused",
        "_reader",
        "_transport",
        "_unread",
        "_validates",
        "server_name",
        "was_open",
    )

    def __init__(
        self, choose: Choose, inner: Inner, failed: Callable[[str], None], came_to: str = ""
    ) -> None:
        """``came_to`` is the address that the client came to, empty when there is none."""
        self._choose = choose
        self._came_to = came_to
        self._inner = inner
        self._failed = failed
        self._first: bytearray | None = bytearray()
        self._reader = ClientHelloReader()
        self._later: Later | None = None
        self._validates = False
        self.server_name: str | None = None
        """The name that the client asked for, lower case."""
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object: ssl.SSLObject | None = None
        self._transport: Any = None
        self._open = False
        self.was_open = False
        """Whether ``inner`` was told of the connection."""
        self._paused = False
        self._closing = False
        self._unread: bytes | memoryview = b""
        """What came and was not given to the library yet."""
        self._ahead: deque[bytes] | None = None
        """What was decrypted before it could be handed on; empty bytes are the client's end."""
        self._end_sent = False
        self._half_closed = False
        """Whether the client said that it sends no more, and still reads."""

    def opened(self) -> None:
        """The handshake is done: for what watches over its duration."""

    def held_up(self, seconds: float) -> None:
        """The client waits for us, for ``seconds`` at most."""

    def goes_on(self) -> None:
        """It does not any more: a context was chosen just now."""

    # asyncio.Protocol, called by the loop

    def connection_made(self, transport: Any) -> None:
        """Wait for the ClientHello."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Decrypt, or go on with the handshake."""
        if self._open:
            if self._unread or len(data) > _AT_ONCE:
                self._unread = memoryview(bytes(self._unread) + data)
            else:
                self._incoming.write(data)
            if not self._paused:
                self._read()
        elif self._object is not None:
            self._incoming.write(data)
            self._shake_hands()
        elif self._first is not None:
            self._first += data
            if self._later is None:
                self._begin(data)
            else:
                self._bound_what_waits()

    def eof_received(self) -> bool:
        """Pass it on, and close; a client that has said so before may go on reading."""
        if self._half_closed:
            return True
        # Without a close_notify this may be the work of an attacker: nothing goes on after it.
        if self._open and not self._closing:
            self._inner.eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        opened, self._open, self._closing = self._open, False, True
        self._object = self._first = None
        self._forget_later()
        # Both ends know each other: without this they would wait for the garbage collector.
        inner, self._inner, self._failed = self._inner, _NOBODY, _told_nobody
        if opened:
            inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        if self._open:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        if self._open:
            self._inner.resume_writing()

    # asyncio.Transport, called by what is inside

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send."""
        if self._object is None or self._closing:
            return
        if len(data) > _AT_ONCE:
            view = memoryview(data)
            for place in range(0, len(data), _AT_ONCE):
                self.write(view[place : place + _AT_ONCE])
            return
        try:
            written = self._object.write(data)
            while written < len(data):
                written += self._object.write(memoryview(data)[written:])
        except ssl.SSLError:
            self.abort()
            return
        self._transport.write(self._outgoing.read())

    def close(self) -> None:
        """Say that no more comes, and close after what is still to be sent."""
        if self._closing:
            return
        self._closing = True
        if self._object is not None and not self._end_sent:
            # The client's answer to close_notify is not waited for.
            with suppress(ssl.SSLError):
                self._object.unwrap()
            self._transport.write(self._outgoing.read())
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._closing = True
        self._transport.abort()

    def is_closing(self) -> bool:
        """Return whether it is closed or about to be."""
        return self._closing or self._transport.is_closing()

    def pause_reading(self) -> None:
        """Hand nothing on until `resume_reading`."""
        self._paused = True
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Hand on what came since, and what comes."""
        self._paused = False
        if self._open:
            self._read()
        if not self._paused and not self._closing:
            self._transport.resume_reading()

    def can_write_eof(self) -> bool:
        """A close_notify says it (RFC 8446, section 6.1)."""
        return True

    def write_eof(self) -> None:
        """Say that no more comes; what the client sends is still read."""
        if self._object is None or self._closing or self._end_sent:
            return
        self._decrypt_ahead()
        with suppress(ssl.SSLError):
            self._object.unwrap()
        self._flush()
        self._end_sent = True
        self._transport.write_eof()

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Write them one after the other."""
        self.write(b"".join(pieces))

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return what is known of the connection, ``ssl_object`` included."""
        if name == "ssl_object":
            return self._object
        return self._transport.get_extra_info(name, default)

    def get_write_buffer_size(self) -> int:
        """Return how many encrypted bytes wait to be sent."""
        size: int = self._transport.get_write_buffer_size()
        return size

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set from where on writing is paused, in encrypted bytes."""
        self._transport.set_write_buffer_limits(high, low)

    # The handshake

    def _begin(self, data: bytes) -> None:
        assert self._first is not None
        try:
            hello = self._reader.feed(data)
            if hello is None:
                return
            self.server_name = hello.server_name
            choice = self._choose(hello, self._came_to)
            if not isinstance(choice, ssl.SSLContext):
                self._wait_for(choice)
                return
        except BadClientHello as bad:
            self._refuse(f"no ClientHello: {bad}", fatal_alert(bad.alert))
            return
        except HelloRefused as refusal:
            self._refuse(str(refusal), refusal.alert)
            return
        self._start(choice)

    def _wait_for(self, later: Later) -> None:
        later.begin(self._decided)
        self._later = later
        self.held_up(later.seconds)
        self._bound_what_waits()

    def _bound_what_waits(self) -> None:
        # A client has nothing to say before it is answered.
        if self._first is not None and len(self._first) > _MOST_FIRST:
            reason = "the client goes on before it was answered"
            self._refuse(reason, fatal_alert(UNEXPECTED_MESSAGE))

    def _decided(self) -> None:
        later, self._later = self._later, None
        if later is None or self._closing:
            return
        try:
            context = later.context()
        except HelloRefused as refusal:
            self._refuse(str(refusal), refusal.alert)
            return
        self._validates = later.validates
        self.goes_on()
        self._start(context)

    def _forget_later(self) -> None:
        later, self._later = self._later, None
        if later is not None:
            later.forget()

    def _start(self, context: ssl.SSLContext) -> None:
        assert self._first is not None
        self._incoming.write(self._first)
        self._first = None
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shake_hands()

    def _shake_hands(self) -> None:
        assert self._object is not None
        try:
            self._object.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return
        except (ssl.SSLError, ssl.CertificateError, OSError) as error:
            self._flush()
            self._refuse(getattr(error, "reason", None) or str(error), b"")
            return
        self._flush()
        if self._validates:
            self.close()
            return
        self._open = self.was_open = True
        self.opened()
        self._inner.connection_made(self)
        if not self._paused and not self._closing:
            self._read()

    def _refuse(self, reason: str, alert: bytes) -> None:
        self._closing = True
        self._first = None
        self._forget_later()
        if alert:
            self._transport.write(alert)
        self._transport.close()
        self._failed(reason)

    def _flush(self) -> None:
        if self._outgoing.pending > 0 and not self._end_sent:
            self._transport.write(self._outgoing.read())

    # Application data

    def _read(self) -> None:
        """Hand on what can be decrypted, until there is no more or what is inside pauses."""
        while not self._paused and not self._closing:
            data = self._ahead.popleft() if self._ahead else self._decrypted()
            if data is None:
                break
            if not data:
                self._end_came()
                return
            self._inner.data_received(data)
        if not self._closing:
            # A renewed session ticket or key update may be waiting.
            self._flush()

    def _decrypted(self) -> bytes | None:
        """Return what comes next: nothing is the client's end, and None that more has to come."""
        tls, incoming = self._object, self._incoming
        while tls is not None:
            # What is decrypted is no longer than what came; what came before may be waiting.
            size = max(incoming.pending, tls.pending())
            try:
                if size:
                    return tls.read(_LEAST_READ if size < _LEAST_READ else min(size, _RECORD))
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError:
                self.abort()
                break
            if not self._feed():
                break
        return None

    def _end_came(self) -> None:
        if self._inner.eof_received():
            self._half_closed = True
        else:
            self.close()

    def _decrypt_ahead(self) -> None:
        """Decrypt all that has come.

        The library takes data that it finds while it sends close_notify for an error, after which
        it reads no more.
        """
        tls = self._object
        assert tls is not None
        ahead = self._ahead = self._ahead or deque()
        while self._incoming.pending or tls.pending() or self._feed():
            try:
                ahead.append(tls.read(_RECORD))
            except ssl.SSLWantReadError:
                if not self._feed():
                    break
            except ssl.SSLError:
                # `_read` will meet it again.
                break
            else:
                if not ahead[-1]:
                    break

    def _feed(self) -> bool:
        """Give the library more of what came; return whether there was more."""
        if not self._unread:
            return False
        piece = self._unread[:_AT_ONCE]
        # An empty view would keep what it is a view of.
        self._unread = self._unread[_AT_ONCE:] or b""
        self._incoming.write(piece)
        return True


def _told_nobody(reason: str) -> None:
    """There was nobody any more."""
