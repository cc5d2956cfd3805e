# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where clients are listened to."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice_proxy.snapshot.networks import Network


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """An IP address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A socket file, made with the permissions ``mode`` and for ``group``, if that is not the
    proxy's own; with others it is the same address."""

    path: str
    mode: int = field(default=0o660, compare=False)
    group: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class InheritedSocket:
    """A socket that systemd opened, by its FileDescriptorName."""

    name: str

    def __str__(self) -> str:
        return f"systemd:{self.name}"


Address = TcpAddress | UnixAddress | InheritedSocket


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening socket; peers in ``proxy_protocol_from`` have to send a PROXY header first."""

    address: Address
    tls: bool = False
    proxy_protocol_from: tuple[Network, ...] = ()
    backlog: int = 4096
