# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTTP over the proxy's admin socket: one request, one answer, both bounded."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress
from typing import Any, Dict, Mapping, NamedTuple, Optional
from urllib.parse import quote

from .._converge.errors import Unavailable

ANSWER_TIMEOUT = 120.0
"""Seconds for the answer; more than a change of the largest list takes."""
MOST_BYTES = 256 << 20
"""Of an answer. A plan has each route as it was and as it will be, at most 32 MiB of them each."""
_STEP = 1 << 20


class Answer(NamedTuple):
    """What the proxy answered: a status, and the JSON value that came with it."""

    status: int
    body: Any


class LostAnswer(Unavailable):
    """The request was sent, and then the connection ended: it may have been carried out."""


class AdminSocket:
    """The admin API of one proxy. Each request has a connection of its own."""

    def __init__(self, path: str, timeout: float = ANSWER_TIMEOUT) -> None:
        """``timeout`` is in seconds, for each wait for the proxy."""
        self.path = path
        self._timeout = timeout

    def get(self, target: str) -> Answer:
        """Return the answer to a GET; raises Unavailable."""
        return self._ask("GET", target, None)

    def post(self, target: str, value: Mapping[str, Any]) -> Answer:
        """Return the answer to a POST of a JSON value; raises Unavailable."""
        return self._ask("POST", target, json.dumps(value, separators=(",", ":")).encode())

    def _ask(self, method: str, target: str, content: Optional[bytes]) -> Answer:
        connection = _Connection(self.path, self._timeout)
        headers: Dict[str, str] = {"Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            try:
                connection.connect()
            except OSError as error:
                raise Unavailable(_unreachable(self.path, error)) from None
            try:
                # What is refused unread is answered before all of it was sent.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(method, target, body=content, headers=headers)
                return self._read(connection.getresponse())
            except socket.timeout:
                raise LostAnswer(
                    "the proxy at %s did not answer within %g s: see its log"
                    % (self.path, self._timeout)
                ) from None
            except OSError as error:
                raise LostAnswer(
                    "the proxy at %s ended the connection before it had answered (%s): see its "
                    "log, then run the task again" % (self.path, _reason(error))
                ) from None
            except (http.client.HTTPException, ValueError) as error:
                raise LostAnswer(
                    "what answers at %s does not speak as the proxy's admin API does (%s): name "
                    "the admin socket of sluice-proxy" % (self.path, _reason(error))
                ) from None
        finally:
            connection.close()

    def _read(self, response: http.client.HTTPResponse) -> Answer:
        content = bytearray()
        while True:
            part = response.read(_STEP)
            content += part
            if not part:
                break
            if len(content) > MOST_BYTES:
                raise ValueError("an answer of more than %d bytes" % MOST_BYTES)
        return Answer(response.status, json.loads(content.decode()) if content else None)


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(self.timeout)
            made.connect(self._path)
        except BaseException:
            made.close()
            raise
        self.sock = made


def encoded(text: str) -> str:
    """Return a text as one segment of a path, or one value of a query."""
    return quote(text, safe="")


def _unreachable(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return (
            "no proxy is at %s: install and start it with the role sluice.edge.proxy, or name its "
            "admin socket by the option socket" % path
        )
    if isinstance(error, PermissionError):
        return (
            "the admin socket %s does not let this user in: run the task as root (become: true), "
            "or as a member of the socket's group" % path
        )
    if isinstance(error, ConnectionRefusedError):
        return (
            "nobody answers at %s: start the proxy, as the role sluice.edge.proxy or "
            "'systemctl start sluice-proxy' does" % path
        )
    return "cannot reach the proxy at %s: %s" % (path, _reason(error))


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]
