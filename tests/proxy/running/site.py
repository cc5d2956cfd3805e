# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole proxy before one upstream, at a plain address and at one of TLS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from samples.certificates import leaf, usual_authority

from running.service import Running, free_port, running

NAME = "localhost"
"""The name of the certificate."""


@dataclass(frozen=True)
class Site:
    """Where it is."""

    proxy: Running
    tls_port: int
    authority: Path
    """PEM file of who issued the certificate."""
    log: Path

    def port(self, over: str) -> int:
        """Return the port of ``plain`` or ``tls``."""
        return self.proxy.port if over == "plain" else self.tls_port

    def url(self, over: str) -> str:
        """Return the address of ``plain`` or ``tls``."""
        scheme = "http" if over == "plain" else "https"
        return f"{scheme}://{NAME}:{self.port(over)}/"


@contextmanager
def site(folder: Path, target: str, *, workers: int = 1, more: str = "") -> Iterator[Site]:
    """Run a proxy for ``target``; ``more`` is of its configuration."""
    pair = leaf(NAME)
    (folder / "chain.pem").write_bytes(pair.chain)
    (folder / "key.pem").write_bytes(pair.key_pem())
    authority = folder / "authority.pem"
    authority.write_bytes(usual_authority().pem)
    log = folder / "access.log"
    tls_port = free_port()
    config = f"""
listen: ["127.0.0.1:PORT", {{address: "127.0.0.1:{tls_port}", tls: true}}]
workers: {workers}
log: {{access: {{path: "{log}"}}}}
certificates: [{{chain: chain.pem, key: key.pem}}]
routes: [{{name: all, targets: "{target}"}}]
{more}
"""
    with running(folder, config, data_plane=None) as proxy:
        yield Site(proxy, tls_port, authority, log)
