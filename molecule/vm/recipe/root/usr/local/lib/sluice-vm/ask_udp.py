# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send datagrams to a backend and print its answers, one a line.

Each question leaves from a port of its own, so each is a new connection to a load balancer. The
sockets are connected: an answer from another address than the one asked does not count.
"""

from __future__ import annotations

import argparse
import socket
import sys


def ask(address: str, port: int, seconds: float) -> str:
    """Return the answer; raises OSError when none comes within `seconds`."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as question:
        question.settimeout(seconds)
        question.connect((address, port))
        question.send(b"who are you?\n")
        return question.recv(65535).decode().rstrip("\n")


def main() -> None:
    """Parse the command line and ask."""
    parser = argparse.ArgumentParser(description="Ask a backend for its name over UDP")
    parser.add_argument("address", help="IPv4 or IPv6 address")
    parser.add_argument("port", type=int)
    parser.add_argument("--count", type=int, default=1, help="questions (default: 1)")
    parser.add_argument("--timeout", type=float, default=5.0, metavar="SECONDS")
    options = parser.parse_args()
    for _question in range(options.count):
        try:
            print(ask(options.address, options.port, options.timeout), flush=True)
        except OSError as error:
            sys.exit(f"ask-udp: {options.address} port {options.port}: {error}")


if __name__ == "__main__":
    main()
