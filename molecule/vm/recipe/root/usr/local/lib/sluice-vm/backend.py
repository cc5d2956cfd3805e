# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real server for tests: answers its name over HTTP (TCP) and over UDP on one port.

GET /anything           the name and a newline
GET /slow?seconds=N     the same, N seconds later (default: --slow)
any datagram            the name and a newline, from the address that the datagram was sent to

Listens on all IPv4 and IPv6 addresses, so a virtual address on lo is served too.
"""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import socketserver
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

IP_PKTINFO = 8  # include/uapi/linux/in.h; Python has no name for it before 3.14


class Handler(BaseHTTPRequestHandler):
    """One connection; persistent as HTTP/1.1 (RFC 9112 section 9.3) says."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # fields and content in one segment
    name = ""
    slow_seconds = 1.0

    def do_GET(self) -> None:
        """Answer any target."""
        target = urlsplit(self.path)
        if target.path == "/slow":
            wanted = parse_qs(target.query).get("seconds")
            time.sleep(float(wanted[0]) if wanted else self.slow_seconds)
        content = f"{self.name}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay silent: a log would grow in a benchmark."""


class Server(ThreadingHTTPServer):
    """Dual stack, and no name lookup at the start (HTTPServer asks for the host's full name)."""

    address_family = socket.AF_INET6
    request_queue_size = 1024
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind for both families."""
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "backend", self.server_address[1]


def open_udp(port: int) -> list[socket.socket]:
    """Return one bound socket a family, both telling where each datagram was sent to."""
    four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    four.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    four.bind(("0.0.0.0", port))
    six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    six.bind(("::", port))
    return [four, six]


def reply_source(level: int, kind: int, data: bytes) -> tuple[int, int, bytes]:
    """Turn a received packet-info message into the one that sends from that address.

    The interface index becomes 0: the way back is the routing table's choice (ip(7), ipv6(7)).
    """
    if level == socket.IPPROTO_IP:
        destination = struct.unpack("=I4s4s", data)[2]
        return level, kind, struct.pack("=I4s4s", 0, destination, b"\0\0\0\0")
    return level, kind, data[:16] + struct.pack("=I", 0)


def answer_datagrams(sockets: list[socket.socket], name: str) -> None:
    """Answer for ever."""
    content = f"{name}\n".encode()
    selector = selectors.DefaultSelector()
    for each in sockets:
        selector.register(each, selectors.EVENT_READ, data=each)
    while True:
        for ready in selector.select():
            asked: socket.socket = ready[0].data
            received = asked.recvmsg(65535, 256)
            asked.sendmsg([content], [reply_source(*part) for part in received[1]], 0, received[3])


def detach(pidfile: str | None) -> None:
    """Continue in the background; the caller returns once the pid file is there."""
    starter = os.fork()
    if starter:
        os.waitpid(starter, 0)
        os._exit(0)
    os.setsid()
    daemon = os.fork()
    if daemon:
        write_pid(pidfile, daemon)
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)


def write_pid(pidfile: str | None, pid: int) -> None:
    """Record the process id, when a file was asked for."""
    if pidfile:
        with open(pidfile, "w", encoding="ascii") as file:
            file.write(f"{pid}\n")


def main() -> None:
    """Parse the command line, listen, and only then detach: whoever waits can connect."""
    parser = argparse.ArgumentParser(description="A real server that answers its name")
    parser.add_argument("--name", required=True, help="what to answer")
    parser.add_argument("--port", type=int, default=80, help="TCP and UDP port (default: 80)")
    parser.add_argument("--slow", type=float, default=1.0, metavar="SECONDS", help="for /slow")
    parser.add_argument("--daemon", action="store_true", help="run in the background")
    parser.add_argument("--pidfile", help="where to write the process id")
    options = parser.parse_args()

    Handler.name, Handler.slow_seconds = options.name, options.slow
    try:
        server = Server(("::", options.port), Handler)
        datagrams = open_udp(options.port)
    except OSError as error:
        sys.exit(f"backend: port {options.port}: {error.strerror}")
    if options.daemon:
        detach(options.pidfile)
    else:
        write_pid(options.pidfile, os.getpid())
    threading.Thread(target=answer_datagrams, args=(datagrams, options.name), daemon=True).start()
    server.serve_forever()


if __name__ == "__main__":
    main()
