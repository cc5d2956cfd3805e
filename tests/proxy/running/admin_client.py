# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the admin API, one connection a request."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

PATIENCE = 30


@dataclass(frozen=True)
class Answer:
    """What came back; ``fields`` by their names in lower case."""

    status: int
    fields: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class AtSocketFile(http.client.HTTPConnection):
    """A connection to a socket file; ``patience`` is in seconds."""

    def __init__(self, path: str, patience: float = PATIENCE) -> None:
        super().__init__("localhost", timeout=patience)
        self._path = path
        self._patience = patience

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self._patience)
        self.sock.connect(self._path)


def ask(
    where: str | int,
    method: str,
    target: str,
    body: Any = None,
    fields: Iterable[tuple[str, str]] = (),
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send a request to a socket file, or to a port of 127.0.0.1 over TLS.

    ``body`` is sent as it is when it is bytes, else as JSON.
    """
    connection: http.client.HTTPConnection
    if isinstance(where, str):
        connection = AtSocketFile(where)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", where, timeout=PATIENCE, context=tls)
    content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    given = list(fields)
    if content is not None and not any(name == "Content-Type" for name, _value in given):
        given.append(("Content-Type", "application/json"))
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in given:
            connection.putheader(name, value)
        if content is not None:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, response.read())
    finally:
        connection.close()
