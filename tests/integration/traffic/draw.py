# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the client: connect to one address and port, many times in one process.

Usage: draw.py ADDRESS PORT COUNT. Prints a JSON object: who answered, and how often.
"""

from __future__ import annotations

import json
import socket
import sys
from collections import Counter

REQUEST = b"GET / HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n"


def draw(address: str, port: int) -> str:
    """Return the name of the server that answers one connection, or what went wrong."""
    try:
        with socket.create_connection((address, port), 10) as connection:
            connection.sendall(REQUEST)
            answer = connection.makefile("rb").read()
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return str(error)
    return answer.rsplit(b"\r\n\r\n", 1)[-1].decode().strip()


def main() -> None:
    address, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(Counter(draw(address, port) for _connection in range(count))))


if __name__ == "__main__":
    main()
