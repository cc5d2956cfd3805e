# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the admin API is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ..ending import BadUsage

DEFAULT_SOCKET = "/run/sluice-proxy/admin.sock"
HTTPS_PORT = 443
_LONGEST_TOKEN = 4096
_LABEL = "[A-Za-z0-9_-]{1,63}"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\Z")
_MORE = re.compile(r"[?#@]")


@dataclass(frozen=True, slots=True)
class UnixPlace:
    """A unix socket of this machine."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """An address with TLS; ``authority`` is the PEM file of who issued its certificate, None for
    those that the machine trusts."""

    host: str
    port: int
    token: str = field(repr=False)
    authority: Path | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}:{self.port}"


Place = UnixPlace | RemotePlace


def remote_place(url: str, token_file: Path | None, authority: Path | None) -> RemotePlace:
    """Return the place of an URL; raises BadUsage."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise BadUsage(f"--url {url!r} is no URL: {error}") from None
    if parts.scheme != "https":
        raise BadUsage(f"--url {url!r} does not begin with https://: a token goes over TLS only")
    beyond = parts.path not in ("", "/") or _MORE.search(url) or port == 0
    if beyond or not _HOST.match(host or ""):
        raise BadUsage("--url takes no more than https://HOST:PORT")
    if token_file is None:
        raise BadUsage("--url needs --token-file: the API asks for a token there")
    return RemotePlace(str(host), port or HTTPS_PORT, _token(token_file), authority)


def _token(path: Path) -> str:
    try:
        with path.open("rb") as file:
            lines = file.read(_LONGEST_TOKEN).decode("ascii", "replace").split()
    except OSError as error:
        raise BadUsage(f"--token-file {path} cannot be read: {error.strerror}") from None
    if len(lines) != 1 or not (lines[0].isascii() and lines[0].isprintable()):
        raise BadUsage(f"--token-file {path} has to have a token, and nothing else")
    return lines[0]
