# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the client: ask virtual addresses over HTTP and UDP, and print who answered each.

Usage: ask.py COUNT ADDRESS... Prints a JSON object: address → {"http": [...], "udp": [...]}.
Each question is a connection of its own. What fails is in the list as curl or ask-udp said it.
"""

from __future__ import annotations

import json
import subprocess
import sys


def over_http(address: str, count: int) -> list[str]:
    """Return the answers to requests by curl, in order."""
    host = f"[{address}]" if ":" in address else address
    fresh = ["curl", "-sS", "--globoff", "--max-time", "5", "-H", "Connection: close"]
    return _lines([*fresh, *[f"http://{host}/"] * count])


def over_udp(address: str, count: int) -> list[str]:
    """Return the answers to datagrams, each from a port of its own, in order."""
    return _lines(["ask-udp", "--count", str(count), "--timeout", "5", address, "80"])


def _lines(command: list[str]) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [*done.stdout.split(), *done.stderr.splitlines()]


def main() -> None:
    count, addresses = int(sys.argv[1]), sys.argv[2:]
    answers = {
        address: {"http": over_http(address, count), "udp": over_udp(address, count)}
        for address in addresses
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
