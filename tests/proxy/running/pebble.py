# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pebble, the ACME server for tests: strict, and as troublesome as it is told to be."""

from __future__ import annotations

import json
import re
import ssl
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from samples.certificates import authority, leaf

from running.challenge_dns import ChallengeDns
from running.closing import Closing
from running.program import Program
from running.service import PATIENCE, free_port

EAB_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
"""A MAC key for external accounts, in base64url."""


@dataclass(frozen=True)
class Behaviour:
    """What a pebble does; percentages are of 100.

    ``http_port`` and ``tls_port`` are where its validations go, ``dns`` is HOST:PORT of the name
    server that it asks (one of its own by default).
    """

    http_port: int = 1
    tls_port: int = 1
    nonce_reject: int = 0
    authz_reuse: int = 50
    external_accounts: dict[str, str] = field(default_factory=dict)
    """MAC keys by key identifier; with any of them no account is made without one."""
    validity: int | None = None
    """Seconds that its certificates are valid; 5 years by default."""
    blocked: tuple[str, ...] = ()
    """Names that it issues nothing for."""
    alternate_roots: int = 0
    chain_length: int = 1
    dns: str | None = None


class Pebble(Closing):
    """A running ``pebble -strict`` on loopback, with a name server where every name leads there."""

    def __init__(self, folder: Path, behaviour: Behaviour | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.behaviour = behaviour or Behaviour()
        listen, management = (f"127.0.0.1:{free_port()}" for _unused in range(2))
        self.directory = f"https://{listen}/dir"
        self._management = f"https://{management}"
        self.trust = folder / "pebble-trust.pem"
        """PEM file of the authority of its own address, for clients."""
        top = authority("Authority of the CA's address")
        self.trust.write_bytes(top.pem)
        self._context = ssl.create_default_context(cafile=self.trust)
        shown = leaf("localhost", "127.0.0.1", issuer=top)
        chain, key = folder / "pebble.pem", folder / "pebble.key"
        chain.write_bytes(shown.chain)
        key.write_bytes(shown.key_pem())
        config = folder / "pebble.json"
        config.write_text(json.dumps({"pebble": self._config(listen, management, chain, key)}))
        self.dns = ChallengeDns(folder)
        self._program = Program(
            folder / "pebble.txt",
            "pebble",
            "-strict",
            "-config", str(config),
            "-dnsserver", self.behaviour.dns or self.dns.address,
            environment=self._environment(),
        )  # fmt: skip
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def _config(self, listen: str, management: str, chain: Path, key: Path) -> dict[str, Any]:
        wanted = self.behaviour
        config: dict[str, Any] = {
            "listenAddress": listen,
            "managementListenAddress": management,
            "certificate": str(chain),
            "privateKey": str(key),
            "httpPort": wanted.http_port,
            "tlsPort": wanted.tls_port,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": bool(wanted.external_accounts),
            "externalAccountMACKeys": wanted.external_accounts,
            "domainBlocklist": list(wanted.blocked),
        }
        if wanted.validity is not None:
            config["certificateValidityPeriod"] = wanted.validity
        return config

    def _environment(self) -> dict[str, str]:
        wanted = self.behaviour
        return {
            "PEBBLE_WFE_NONCEREJECT": str(wanted.nonce_reject),
            "PEBBLE_AUTHZREUSE": str(wanted.authz_reuse),
            "PEBBLE_ALTERNATE_ROOTS": str(wanted.alternate_roots),
            "PEBBLE_CHAIN_LENGTH": str(wanted.chain_length),
            "PEBBLE_VA_NOSLEEP": "1",
            "PEBBLE_VA_ALWAYS_VALID": "0",
        }

    @property
    def said(self) -> str:
        """What it wrote, in all its runs."""
        return self._program.said

    @property
    def _said_now(self) -> str:
        return self.said.rpartition("Starting Pebble ACME server")[2]

    @property
    def orders(self) -> int:
        """How many orders it took since its start."""
        return self._said_now.count("Added order ")

    @property
    def accounts(self) -> int:
        """How many accounts were made since its start."""
        return self._said_now.count("accounts in memory")

    @property
    def issued(self) -> list[x509.Certificate]:
        """The certificates that it issued since its start, the first one first."""
        serials = re.findall(r"Issued certificate serial ([0-9a-f]+)", self._said_now)
        return [
            x509.load_pem_x509_certificate(self._issued(one)["Certificate"].encode())
            for one in serials
        ]

    def validations(self, host: str) -> int:
        """Return how often it was asked to validate a name, since its start."""
        return self._said_now.count(f'Value:"{host}"}}, Challenge:')

    def start(self) -> None:
        """Start it, with a new root and without its former accounts and orders."""
        self._program.start(self._answers)

    def stop(self) -> None:
        """End it; it may be started again."""
        self._program.stop()

    def pause(self) -> None:
        """Have it accept connections and answer nothing."""
        self._program.pause()

    def resume(self) -> None:
        """Have it answer again."""
        self._program.resume()

    def _answers(self) -> bool:
        try:
            self._fetch(self.directory)
            self._fetch(f"{self._management}/roots/0")
        except OSError:
            return False
        return True

    def root(self, number: int = 0) -> str:
        """Return a root of its certificates, as PEM; those after the first are alternates."""
        return self._fetch(f"{self._management}/roots/{number}").decode()

    def status(self, serial: int) -> Any:
        """Return ``Valid`` or ``Revoked``, of a certificate that it issued."""
        return self._issued(f"{serial:x}")["Status"]

    def _issued(self, serial: str) -> Any:
        return json.loads(self._fetch(f"{self._management}/cert-status-by-serial/{serial}"))

    def _fetch(self, url: str) -> bytes:
        with urllib.request.urlopen(url, context=self._context, timeout=PATIENCE) as response:
            content: bytes = response.read()
            return content

    def close(self) -> None:
        """End it, and its name server."""
        self._program.close()
        self.dns.close()
