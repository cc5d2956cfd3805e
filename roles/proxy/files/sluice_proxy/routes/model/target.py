# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a route's requests go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scheme(StrEnum):
    """How a target is spoken to."""

    HTTP = "http"
    HTTPS = "https"


class TargetState(StrEnum):
    """What an operator wants of a target."""

    ACTIVE = "active"
    DRAINING = "draining"


class ProxyVersion(StrEnum):
    """Which PROXY header a target is sent."""

    V1 = "v1"
    V2 = "v2"


@dataclass(frozen=True, slots=True)
class TargetTls:
    """How an https target proves itself, and the proxy to it; the files are paths of PEM files."""

    verify: bool = True
    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    server_name: str | None = None


_USUAL_TLS = TargetTls()


@dataclass(frozen=True, slots=True)
class Target:
    """One server of a route: ``host`` and ``port``, or the ``socket`` of a local one.

    ``path`` and ``query`` stand before those of the request. A draining target, and one of weight
    0, gets no new clients; those that stick to the one of weight 0 stay with it. With
    ``proxy_protocol`` each connection begins with a header that names the client, and serves one
    request.
    """

    scheme: Scheme = Scheme.HTTP
    host: str = ""
    port: int = 80
    socket: str | None = None
    path: str = ""
    query: str = ""
    weight: int = 1
    state: TargetState = TargetState.ACTIVE
    tls: TargetTls = _USUAL_TLS
    proxy_protocol: ProxyVersion | None = None

    @property
    def name(self) -> str:
        """What logs, metrics and balancing call it: the same as long as its place is the same."""
        if self.socket is not None:
            return f"{self.scheme}+unix:{self.socket}{self.path}{self._asked}"
        return f"{self.scheme}://{self.authority}{self.path}{self._asked}"

    @property
    def authority(self) -> str:
        """Host and port as an URI has them (RFC 3986, section 3.2); ``localhost`` for a socket."""
        if self.socket is not None:
            return "localhost"
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = 443 if self.scheme is Scheme.HTTPS else 80
        return host if self.port == usual else f"{host}:{self.port}"

    @property
    def _asked(self) -> str:
        return f"?{self.query}" if self.query else ""
