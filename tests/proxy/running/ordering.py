# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that orders certificates of an authority that runs: both on loopback."""

from __future__ import annotations

import json
import socket
import ssl
import urllib.parse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from running.admin_client import AtSocketFile
from running.service import PATIENCE, Running, free_port, running, until

CONFIG = """
listen: [127.0.0.1:PLAIN, {address: 127.0.0.1:PORT, tls: true}]
metrics: 127.0.0.1:METRICS
tls: {strict_sni: true}
workers: 2
store: FOLDER/store.db
admin: unix:FOLDER/admin.sock
log: {level: debug, access: FOLDER/access.log}
"""


class Ordering:
    """A proxy that orders certificates, its admin API, and its clients."""

    def __init__(self, folder: Path, proxy: Running, plain_port: int) -> None:
        self.folder = folder
        self.proxy = proxy
        self.plain_port = plain_port
        self.answers: list[str] = []

    def ask(self, method: str, path: str, content: Any = None) -> tuple[int, Any]:
        """Return the status and the JSON of an answer of the API."""
        connection = AtSocketFile(str(self.folder / "admin.sock"), PATIENCE)
        try:
            body = None if content is None else json.dumps(content)
            headers = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
        finally:
            connection.close()
        self.answers.append(text)
        return response.status, json.loads(text) if text else None

    def route(self, name: str, *hosts: str) -> int:
        """Declare a route that has a certificate ordered; return the status."""
        document = {"hosts": list(hosts), "tls": "auto", "page": {"content": "served"}}
        return self.ask("PUT", f"/v1/routes/{name}", document)[0]

    def certificate(self, name: str, *names: str, **more: Any) -> tuple[int, Any]:
        """Declare a certificate of ACME."""
        document = {"provider": "acme", "names": list(names), **more}
        return self.ask("PUT", f"/v1/certificates/{name}", document)

    def declare(self, name: str, **more: Any) -> None:
        """Declare a certificate for a name, which is its id as well."""
        document = {"provider": "acme", "names": [name], **more}
        status, content = self.ask("PUT", f"/v1/certificates/{name}", document)
        assert status in (200, 201), content

    def status(self) -> dict[str, Any]:
        """Return how everything is."""
        found: dict[str, Any] = self.ask("GET", "/status")[1]
        return found

    def order(self, name: str) -> dict[str, Any]:
        """Return how the order for a certificate stands, by its id in the status."""
        found = [one for one in self.status()["certificates"] if one["id"] == name]
        return {} if not found else found[0]["order"] or {}

    def until_order(self, name: str, state: str) -> dict[str, Any]:
        """Wait for an order to stand so."""
        until(
            lambda: self.order(name).get("state") == state,
            f"{name}: {state} (it is {self.order(name)}; {self.proxy.said[-2000:]})",
        )
        return self.order(name)

    def until_held(self, names: Iterable[str], but: Iterable[str] = ()) -> dict[str, str]:
        """Return the fingerprints of certificates by their ids as soon as all are held, and are
        others than ``but``."""
        wanted, former = set(names), set(but)

        def held() -> dict[str, str] | None:
            found = {
                one["id"]: one["fingerprint"]
                for one in self.status()["certificates"]
                if one["id"] in wanted and one["order"]["state"] == "held"
            }
            others = former.isdisjoint(found.values())
            return found if found.keys() == wanted and others else None

        # A look at very many costs the supervisor the time that it needs for them.
        every = 0.02 + len(wanted) / 300
        return dict(until(held, f"certificates for {len(wanted)} names", every))

    def shown(self, host: str, root: str = "") -> str:
        """Return the fingerprint of what clients of a host are shown, empty for an alert; they
        trust ``root`` (PEM) alone, and whatever comes without one."""
        context = ssl.create_default_context(cadata=root or None)
        if not root:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        address = ("127.0.0.1", self.proxy.port)
        try:
            with (
                socket.create_connection(address, PATIENCE) as plain,
                context.wrap_socket(plain, server_hostname=host) as tls,
            ):
                return sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()
        except ssl.SSLError:
            return ""

    def renew(self, name: str) -> int:
        """Have a certificate ordered anew."""
        return self.ask("POST", f"/v1/certificates/{urllib.parse.quote(name, safe='')}/renew")[0]

    def said(self) -> str:
        """Return all that the proxy wrote into its logs."""
        access = self.folder / "access.log"
        return self.proxy.said + (access.read_text() if access.exists() else "")


class Authority(Protocol):
    """A certificate authority that runs."""

    directory: str
    trust: Path


def of_pebble(pebble: Authority, more: str = "", name: str = "pebble") -> str:
    """Return the section of a configuration that orders of a pebble."""
    return of_authorities(authority(name, pebble), more=more)


def of_authorities(*authorities: str, more: str = "") -> str:
    """Return the section of a configuration that orders of these; ``more`` is of issuing.acme."""
    return f"""
issuing:
  provider: acme
  acme:
    terms_agreed: true
    authorities: [{", ".join(authorities)}]
    {more}
"""


def authority(name: str, one: Authority, more: str = "") -> str:
    """Return an authority as a configuration has it; ``more`` is of it."""
    return f'{{name: {name}, directory: "{one.directory}", trust_file: {one.trust}{more}}}'


@contextmanager
def ordering(folder: Path, issuing: str, plain_port: int, port: int) -> Iterator[Ordering]:
    """Give a proxy that orders as a section says, and end it.

    It listens to ``plain_port`` without TLS and to ``port`` with it, where its authority has to
    come to.
    """
    config = config_of(folder, issuing, plain_port, port)
    with running(folder, config, data_plane=None) as proxy:
        proxy.port = port
        yield Ordering(folder, proxy, plain_port)


def config_of(folder: Path, issuing: str, plain_port: int, port: int) -> str:
    """Return the configuration of a proxy."""
    whole = CONFIG.replace("FOLDER", str(folder)).replace("PLAIN", str(plain_port))
    return whole.replace("PORT", str(port)) + issuing


def two_ports() -> tuple[int, int]:
    """Return ports without and with TLS."""
    return free_port(), free_port()
