# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that orders its certificates, its admin API, and clients that look at what it shows."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from running.admin_client import Answer, ask
from running.service import PATIENCE, Running, free_port, running, until

CONFIG = """
listen: [127.0.0.1:HTTP, {address: 127.0.0.1:TLS, tls: true}]
tls: {strict_sni: true}
workers: 2
metrics: 127.0.0.1:METRICS
store: FOLDER/store.db
admin: unix:FOLDER/admin.sock
log: {level: debug, access: FOLDER/access.log}
issuing: {provider: acme, acme: {terms_agreed: true, authorities: [AUTHORITIES]MORE}}
routes: [{name: all, redirect: https}]
"""


class Authority(Protocol):
    """A certificate authority that runs."""

    directory: str
    trust: Path


@dataclass(frozen=True)
class Ports:
    """Where a proxy is to listen, which authorities have to know before it starts."""

    http: int
    tls: int


def free_ports() -> Ports:
    """Return two that are free."""
    return Ports(free_port(), free_port())


def entry(name: str, authority: Authority, more: str = "") -> str:
    """Return an authority as the configuration has it."""
    return (
        f"{{name: {name}, directory: {authority.directory}, trust_file: {authority.trust}{more}}}"
    )


class AcmeEdge:
    """A proxy that runs."""

    def __init__(self, folder: Path, proxy: Running, ports: Ports) -> None:
        self.folder = folder
        self.proxy = proxy
        self.ports = ports
        self.answers: list[bytes] = []
        """All that its API answered."""

    def api(self, method: str, path: str, document: Any = None) -> Answer:
        """Ask its API."""
        answer = ask(str(self.folder / "admin.sock"), method, path, document)
        self.answers.append(answer.content)
        return answer

    def declare(self, name: str, *names: str, **more: str) -> None:
        """Declare a certificate to be ordered."""
        document = {"provider": "acme", "names": list(names or [name]), **more}
        answer = self.api("PUT", f"/v1/certificates/{name}", document)
        assert answer.status in (200, 201), answer.content

    def renew(self, name: str) -> None:
        """Have one ordered anew."""
        answer = self.api("POST", f"/v1/certificates/{name}/renew")
        assert answer.status == 202, answer.content

    def certificates(self) -> dict[str, dict[str, Any]]:
        """Return the certificates of the status, by their ids."""
        return {one["id"]: one for one in self.api("GET", "/status").json["certificates"]}

    def until_held(self, names: Iterable[str], but: Iterable[str] = ()) -> dict[str, str]:
        """Return the fingerprints of certificates as soon as all are held, and are others than
        ``but``."""
        wanted, former = set(names), set(but)

        def held() -> dict[str, str] | None:
            found = self.certificates()
            prints = {
                name: str(found[name].get("fingerprint"))
                for name in wanted & found.keys()
                if found[name]["order"]["state"] == "held"
            }
            return (
                prints if prints.keys() == wanted and former.isdisjoint(prints.values()) else None
            )

        # A look at very many costs the supervisor the time that it needs for them.
        every = 0.02 + len(wanted) / 300
        return dict(until(held, f"certificates for {len(wanted)} names", every))

    def order(self, name: str) -> dict[str, Any]:
        """Return how the order for a certificate stands."""
        found: dict[str, Any] = self.certificates()[name]["order"]
        return found

    def shown(self, host: str, root: str) -> str:
        """Return the fingerprint of what a client is shown that trusts ``root`` alone."""
        context = ssl.create_default_context(cadata=root)
        with (
            socket.create_connection(("127.0.0.1", self.ports.tls), PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=host) as client,
        ):
            found = client.getpeercert(binary_form=True)
            assert found is not None
            return sha256(found).hexdigest()

    def events(self) -> list[str]:
        """Return what it logged about certificates: level and text."""
        return [line for line in self.proxy.said.splitlines() if "certificate for" in line]


@contextmanager
def acme_edge(
    folder: Path, ports: Ports, authorities: Iterable[str], more: str = ""
) -> Iterator[AcmeEdge]:
    """Give a proxy that asks ``authorities``, which are entries; ``more`` is for issuing.acme."""
    folder.mkdir(mode=0o700, exist_ok=True)
    config = (
        CONFIG.replace("AUTHORITIES", ", ".join(authorities))
        .replace("MORE", f", {more}" if more else "")
        .replace("FOLDER", str(folder))
        .replace("HTTP", str(ports.http))
        .replace("TLS", str(ports.tls))
    )
    with running(folder, config, data_plane=None) as proxy:
        yield AcmeEdge(folder, proxy, ports)
