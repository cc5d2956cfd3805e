# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis that keeps what it is told on disk, and dies, hangs and comes back when a test wants."""

from __future__ import annotations

from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from samples.certificates import authority, leaf

from running.closing import Closing
from running.program import Program
from running.service import PATIENCE, free_port

PASSWORD = "password-of-redis"


class RedisServer(Closing):
    """A running redis-server, at a port, at one of TLS and at a unix socket.

    Every write is on disk before it is answered.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.password = PASSWORD
        self.port = free_port()
        self.socket = str(folder / "redis.sock")
        self.tls_port = free_port()
        self.trust = folder / "redis-trust.pem"
        """PEM file of the authority of its certificate, for clients of ``tls_port``."""
        top = authority("Authority of Redis")
        shown = leaf("localhost", "127.0.0.1", issuer=top)
        chain, key = folder / "redis.pem", folder / "redis.key"
        self.trust.write_bytes(top.pem)
        chain.write_bytes(shown.chain)
        key.write_bytes(shown.key_pem())
        config = folder / "redis.conf"
        # In a file: a password is not for the list of processes, not even here.
        config.write_text(
            f"bind 127.0.0.1\nport {self.port}\nunixsocket {self.socket}\nunixsocketperm 700\n"
            f"requirepass {self.password}\ndir {folder}\nappendonly yes\nappendfsync always\n"
            f"tls-port {self.tls_port}\ntls-cert-file {chain}\ntls-key-file {key}\n"
            f"tls-auth-clients no\ntls-ca-cert-file {self.trust}\n"
            'save ""\ndaemonize no\n'
        )
        self._program = Program(folder / "redis.txt", "redis-server", str(config))
        self.start()

    @property
    def address(self) -> str:
        """Where it is, without TLS."""
        return f"127.0.0.1:{self.port}"

    @property
    def tls_address(self) -> str:
        """Where it is, with TLS."""
        return f"127.0.0.1:{self.tls_port}"

    @property
    def said(self) -> str:
        """What it wrote, in all its runs."""
        return self._program.said

    def client(
        self, *, unix: bool = False, password: str | None = PASSWORD, patience: float = PATIENCE
    ) -> redis.Redis:
        """Return a client that tries once, and waits ``patience`` seconds for an answer."""
        return redis.Redis(
            "127.0.0.1",
            self.port,
            unix_socket_path=self.socket if unix else None,
            password=password,
            socket_timeout=patience,
            retry=Retry(NoBackoff(), 0),
        )

    def start(self) -> None:
        """Start it, with what it kept."""
        self._program.start(self._answers)

    def stop(self) -> None:
        """End it, as a service manager does."""
        self._program.stop()

    def kill(self) -> None:
        """End it at once."""
        self._program.kill()

    def restart(self) -> None:
        """Kill it, and start it with what it kept."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Have it accept connections and answer nothing."""
        self._program.pause()

    def resume(self) -> None:
        """Have it answer again."""
        self._program.resume()

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            # Nothing listens yet, or it still loads what it kept.
            return False

    def close(self) -> None:
        """End it."""
        self._program.close()
