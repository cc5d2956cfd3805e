# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three namespaces in a row, client - host - servers, with servers that say which one they are."""

from __future__ import annotations

import contextlib
import itertools
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace, command

VIP = {4: "203.0.113.10", 6: "2001:db8:f::10"}
SERVERS = {
    4: ["10.9.2.11", "10.9.2.12", "10.9.2.13"],
    6: ["2001:db8:2::11", "2001:db8:2::12", "2001:db8:2::13"],
}
PORT = 8080
REFUSED, SILENCE = "refused", "silence"
_PORTS = itertools.cycle(range(10000, 60000))


class Edge:
    """The host in the middle, with how it is converged and tried."""

    def __init__(self, client: Namespace, host: Namespace, servers: Namespace) -> None:
        self.client = client
        self.host = host
        self.servers = servers

    def run(self, params: dict[str, Any], check: bool = False) -> dict[str, Any]:
        return converge_profiles({**params, "netns": self.host.name}, check, True)

    def info(self) -> dict[str, Any]:
        return list_profiles({"netns": self.host.name})

    def nft(self, *words: str) -> str:
        return command("ip", "netns", "exec", self.host.name, "nft", *words)

    def connect(self) -> None:
        """Lay the wires and give out addresses."""
        for one in (self.client, self.host, self.servers):
            # Nobody waits here until link-local addresses are found to be unique.
            one.set("net/ipv6/conf/default/accept_dad", "0")
            one.set("net/ipv6/conf/all/accept_dad", "0")
        for end, net in ((self.client, 1), (self.servers, 2)):
            wire = "eth%d" % net
            end.ip("link", "add", "eth0", "type", "veth", "peer", wire, "netns", self.host.name)
            end.ip("addr", "add", "10.9.%d.2/24" % net, "dev", "eth0")
            end.ip("addr", "add", "2001:db8:%d::2/64" % net, "dev", "eth0", "nodad")
            end.ip("link", "set", "eth0", "up")
            self.host.ip("addr", "add", "10.9.%d.1/24" % net, "dev", wire)
            self.host.ip("addr", "add", "2001:db8:%d::1/64" % net, "dev", wire, "nodad")
            self.host.ip("link", "set", wire, "up")
            end.ip("route", "add", "default", "via", "10.9.%d.1" % net)
            end.ip("-6", "route", "add", "default", "via", "2001:db8:%d::1" % net)
        for number in (11, 12, 13):
            self.servers.ip("addr", "add", "10.9.2.%d/24" % number, "dev", "eth0")
            self.servers.ip("addr", "add", "2001:db8:2::%d/64" % number, "dev", "eth0", "nodad")
        # What the host sends to addresses of nobody has to go somewhere to be captured.
        self.host.ip("route", "add", "default", "via", "10.9.2.2")
        self.host.ip("-6", "route", "add", "default", "via", "2001:db8:2::2")
        for one, wires in ((self.client, 1), (self.servers, 1), (self.host, 2)):
            _wait_for_wires(one, wires)


def _wait_for_wires(place: Namespace, wires: int) -> None:
    """Wait until IPv6 works on the wires: each has got its link-local address."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        ready = {
            entry["interface"]
            for entry in place.addresses()
            if entry["scope"] == "link" and not entry.get("tentative")
        }
        if len(ready) == wires:
            return
        time.sleep(0.05)
    raise AssertionError("the wires of %s do not come up" % place.name)


@contextlib.contextmanager
def serving(places: list[tuple[Namespace, str, int]]) -> Iterator[None]:
    """Answer TCP connections and UDP datagrams on each address and port with these."""
    chooser = selectors.DefaultSelector()
    stop, wake = socket.socketpair()
    chooser.register(stop, selectors.EVENT_READ, None)
    for namespace, address, port in places:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with network_namespace(namespace.name):
            tcp = socket.create_server((address, port), family=family, backlog=512)
            udp = socket.socket(family, socket.SOCK_DGRAM)
            udp.bind((address, port))
        for each in (tcp, udp):
            each.setblocking(False)
            chooser.register(each, selectors.EVENT_READ, ("%s %d" % (address, port)).encode())
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


def _answer(listener: Any, label: bytes) -> None:
    if listener.type == socket.SOCK_DGRAM:
        _data, sender = listener.recvfrom(64)
        listener.sendto(label, sender)
        return
    connection, _sender = listener.accept()
    with connection:
        connection.sendall(label)


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
    answers: Counter[str] = Counter()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    what = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    with network_namespace(place.name):
        for _time in range(times):
            with socket.socket(family, what) as one:
                one.settimeout(timeout)
                answers[_asked(one, address, port, source)] += 1
    return answers


def _asked(one: socket.socket, address: str, port: int, source: str | None) -> str:
    try:
        if one.type == socket.SOCK_DGRAM:
            # A port used before would find the connection that the kernel still tracks.
            one.bind((source or "", next(_PORTS)))
        elif source is not None:
            one.bind((source, 0))
        one.connect((address, port))
        if one.type == socket.SOCK_DGRAM:
            one.send(b"?")
        return one.recv(64).decode()
    except (TimeoutError, socket.timeout):
        return SILENCE
    except (ConnectionError, PermissionError):
        # The host's own datagrams are refused before they leave.
        return REFUSED
