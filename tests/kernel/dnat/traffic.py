# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that say which one they are, and clients that count what they hear."""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

REFUSED, SILENCE = "refused", "silence"
IMPATIENT = 0.3
"""Seconds that are enough to hear from a server here, where silence is what is expected."""
_PORTS = itertools.cycle(range(10000, 60000))


@contextlib.contextmanager
def serving(places: list[tuple[Namespace, str, int]]) -> Iterator[None]:
    """Answer TCP connections and UDP datagrams on each address and port with these.

    At an unspecified address, TCP connections to any address are answered, with theirs.
    """
    chooser = selectors.DefaultSelector()
    stop, wake = socket.socketpair()
    chooser.register(stop, selectors.EVENT_READ, None)
    for namespace, address, port in places:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with network_namespace(namespace.name):
            tcp = socket.create_server((address, port), family=family, backlog=512)
            udp = socket.socket(family, socket.SOCK_DGRAM)
            udp.bind((address, port))
        answer = "" if address in ("0.0.0.0", "::") else "%s %d" % (address, port)
        for each in (tcp, udp):
            each.setblocking(False)
            chooser.register(each, selectors.EVENT_READ, answer.encode())
    thread = threading.Thread(target=_serve, args=(chooser,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        wake.send(b"x")
        thread.join(10)
        for key in list(chooser.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        chooser.close()
        wake.close()


def _serve(chooser: selectors.BaseSelector) -> None:
    while True:
        for key, _events in chooser.select():
            if key.data is None:
                return
            with contextlib.suppress(OSError):
                _answer(key.fileobj, key.data)


def _answer(listener: Any, answer: bytes) -> None:
    if listener.type == socket.SOCK_DGRAM:
        _data, sender = listener.recvfrom(64)
        listener.sendto(answer, sender)
        return
    connection, _sender = listener.accept()
    with connection:
        connection.sendall(answer or ("%s %d" % connection.getsockname()[:2]).encode())


def ask(
    place: Namespace,
    address: str,
    port: int,
    kind: str = "tcp",
    times: int = 1,
    source: str | None = None,
    timeout: float = 3.0,
) -> Counter[str]:
    """Open new connections; return how often each server answered."""
    sources = itertools.repeat(source, times)
    return Counter(answers(place, address, port, kind, sources, timeout))


def answers(
    place: Namespace,
    address: str,
    port: int,
    kind: str,
    sources: Iterable[str | None],
    timeout: float = 3.0,
) -> list[str]:
    """Open a new connection from each of the addresses; return what was answered, in order.

    Who hears nothing ten times asks no more.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    what = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    heard = []
    silent = 0
    with network_namespace(place.name):
        for source in sources:
            with socket.socket(family, what) as one:
                one.settimeout(timeout)
                heard.append(_asked(one, address, port, source))
            silent += heard[-1] == SILENCE
            if silent == 10:
                break
    return heard


def _asked(one: socket.socket, address: str, port: int, source: str | None) -> str:
    try:
        if one.type == socket.SOCK_DGRAM:
            # A port used before would find the connection that the kernel still tracks.
            one.bind((source or "", next(_PORTS)))
        elif source is not None:
            one.bind((source, 0))
        one.connect((address, port))
        if one.type == socket.SOCK_DGRAM:
            return _answer_to_datagram(one)
        return one.recv(64).decode()
    except (TimeoutError, socket.timeout):
        return SILENCE
    except (ConnectionError, PermissionError):
        # The host's own datagrams are refused before they leave.
        return REFUSED


def _answer_to_datagram(one: socket.socket) -> str:
    """Ask; ask again, as clients of UDP do, when no answer comes.

    The answer of a destination that has just gone finds its connection forgotten.
    """
    one.send(b"?")
    try:
        return one.recv(64).decode()
    except (TimeoutError, socket.timeout):
        one.send(b"?")
        return one.recv(64).decode()


@contextlib.contextmanager
def talking(place: Namespace, address: str, port: int, kind: str = "udp") -> Iterator[Talk]:
    """Hold one socket that goes on sending from the same port to the same address."""
    what = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with network_namespace(place.name):
        one = socket.socket(family, what)
    with one:
        one.settimeout(1)
        one.connect((address, port))
        yield Talk(one)


class Talk:
    """A conversation on one socket."""

    def __init__(self, one: socket.socket) -> None:
        self._one = one

    def say(self) -> str:
        """Send something; return who answers."""
        try:
            self._one.send(b"?")
            return self._one.recv(64).decode() or REFUSED
        except (TimeoutError, socket.timeout):
            return SILENCE
        except ConnectionError:
            return REFUSED
