# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to the admin API, over a connection of its own."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from ..ending import BadUsage, NotReachable
from .place import Place, RemotePlace, UnixPlace

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 120.0
"""Twice the time that all workers have to take a change over."""
MOST_BYTES = 256 * 1024 * 1024
"""Of an answer."""


@dataclass(frozen=True, slots=True)
class Request:
    """``target`` is path and query as they are sent."""

    method: str
    target: str
    body: bytes | None = None
    fields: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """``fields`` have names in lower case."""

    status: int
    fields: Mapping[str, str]
    body: bytes


def ask(place: Place, request: Request) -> Answer:
    """Return what the API answers; raises NotReachable, and BadUsage for an authority's file that
    cannot be used."""
    connection = _connection(place)
    try:
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise NotReachable(
                f"the certificate of {place} is not trusted: {error.verify_message}: name who"
                " issued it with --ca"
            ) from None
        except OSError as error:
            raise NotReachable(_said(place, error)) from None
        return _exchange(connection, place, request)
    finally:
        connection.close()


def _exchange(connection: http.client.HTTPConnection, place: Place, request: Request) -> Answer:
    fields = {"accept": "application/json", **(request.fields or {})}
    if isinstance(place, RemotePlace):
        fields["authorization"] = f"Bearer {place.token}"
    if request.body is not None:
        fields["content-type"] = "application/json"
    connection.sock.settimeout(ANSWER_SECONDS)
    try:
        connection.request(request.method, request.target, request.body, fields)
        response = connection.getresponse()
        body = response.read(MOST_BYTES + 1)
    except (OSError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        changing = "" if request.method == "GET" else ": look whether the change was made"
        raise NotReachable(f"{place} gave no whole answer: {said}{changing}") from None
    if len(body) > MOST_BYTES:
        raise NotReachable(f"{place} answers more than {MOST_BYTES} bytes: is it the admin API?")
    return Answer(
        response.status, {name.lower(): value for name, value in response.getheaders()}, body
    )


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=CONNECT_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Open the socket; raises OSError."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _connection(place: Place) -> http.client.HTTPConnection:
    if isinstance(place, UnixPlace):
        return _UnixConnection(place.path)
    try:
        context = ssl.create_default_context(cafile=place.authority)
    except (OSError, ssl.SSLError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise BadUsage(f"--ca {place.authority} cannot be used: {said}") from None
    return http.client.HTTPSConnection(
        place.host, place.port, timeout=CONNECT_SECONDS, context=context
    )


def _said(place: Place, error: OSError) -> str:
    said = error.strerror or str(error) or type(error).__name__
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return f"the proxy does not answer at {place}: {said}: does it run, and listen there?"
    if isinstance(error, PermissionError):
        return (
            f"the proxy cannot be asked at {place}: {said}: use root, or a user of the socket's"
            " group"
        )
    return f"the proxy does not answer at {place}: {said}"
