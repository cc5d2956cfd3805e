# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name server that pebble asks in tests: pebble-challtestsrv, where every name leads here."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

from running.closing import Closing
from running.program import Program
from running.service import PATIENCE, free_port


class ChallengeDns(Closing):
    """A running pebble-challtestsrv: its DNS alone, none of its answers to HTTP and TLS."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        """Where it answers questions of DNS, over UDP and TCP."""
        management = f"127.0.0.1:{free_port()}"
        self._management = f"http://{management}"
        self._program = Program(
            folder / "pebble-challtestsrv.txt",
            "pebble-challtestsrv",
            "-dns01", self.address,
            "-management", management,
            "-http01", "", "-https01", "", "-tlsalpn01", "",
            "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "",
        )  # fmt: skip
        self._program.start(self._answers)

    def _answers(self) -> bool:
        try:
            self._tell("clear-request-history", host="nobody.invalid", type="dns")
        except OSError:
            return False
        return True

    def set_default_address(self, ipv4: str = "", ipv6: str = "") -> None:
        """Set where names lead that have no address of their own; none where it is empty."""
        self._tell("set-default-ipv4", ip=ipv4)
        self._tell("set-default-ipv6", ip=ipv6)

    def add_a(self, host: str, *addresses: str) -> None:
        """Add addresses of a name."""
        self._tell("add-a", host=host, addresses=list(addresses))

    def add_aaaa(self, host: str, *addresses: str) -> None:
        """Add addresses of IPv6 of a name."""
        self._tell("add-aaaa", host=host, addresses=list(addresses))

    def clear_addresses(self, host: str) -> None:
        """Have a name lead where all do."""
        self._tell("clear-a", host=host)
        self._tell("clear-aaaa", host=host)

    def add_txt(self, host: str, value: str) -> None:
        """Add a TXT record of a name."""
        self._tell("set-txt", host=_absolute(host), value=value)

    def clear_txt(self, host: str) -> None:
        """Remove the TXT records of a name."""
        self._tell("clear-txt", host=_absolute(host))

    def fail(self, host: str) -> None:
        """Answer questions about a name with SERVFAIL."""
        self._tell("set-servfail", host=host)

    def work(self, host: str) -> None:
        """Answer questions about a name again."""
        self._tell("clear-servfail", host=host)

    def questions(self, host: str) -> int:
        """Return how often anything about a name was asked."""
        return len(self._tell("dns-request-history", host=host) or ())

    def close(self) -> None:
        """End it."""
        self._program.close()

    def _tell(self, command: str, **what: Any) -> Any:
        request = urllib.request.Request(
            f"{self._management}/{command}", json.dumps(what).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            text = response.read()
        return json.loads(text) if text else None


def _absolute(host: str) -> str:
    return host if host.endswith(".") else f"{host}."
