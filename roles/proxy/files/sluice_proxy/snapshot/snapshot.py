# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshot: everything a worker needs, immutable, with a version, and as bytes."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass, field
from enum import Enum, EnumType
from typing import Any

from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.collecting import collector_paused
from sluice_proxy.snapshot.limits import ClientTimeouts, Limits, UpstreamLimits
from sluice_proxy.snapshot.listening import Listener
from sluice_proxy.snapshot.networks import Network
from sluice_proxy.snapshot.observing import Logs, Metrics
from sluice_proxy.snapshot.pages import Pages
from sluice_proxy.snapshot.tls import Certificate, TlsSettings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the proxy. A worker takes a whole snapshot or none of it.

    ``version`` grows with every change. ``workers`` is None for one for each processor. Requests
    from ``trusted`` networks may say on whose behalf they come.
    """

    version: int = 0
    listeners: tuple[Listener, ...] = ()
    workers: int | None = None
    limits: Limits = field(default_factory=Limits)
    timeouts: ClientTimeouts = field(default_factory=ClientTimeouts)
    upstream: UpstreamLimits = field(default_factory=UpstreamLimits)
    trusted: tuple[Network, ...] = ()
    logs: Logs = field(default_factory=Logs)
    metrics: Metrics | None = None
    certificates: tuple[Certificate, ...] = ()
    tls: TlsSettings = field(default_factory=TlsSettings)
    pages: Pages = field(default_factory=Pages)
    routes: tuple[Route, ...] = ()


_BROKEN = (
    pickle.UnpicklingError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
)
"""What reading something else, or half of it, ends with."""


def encode(snapshot: Snapshot) -> bytes:
    """Return ``snapshot`` as bytes for a worker of the same release."""
    with collector_paused():
        return pickle.dumps(snapshot, protocol=5)


def decode(encoded: bytes) -> Snapshot:
    """Return the snapshot that ``encode`` made; raises ValueError for anything else."""
    try:
        with collector_paused():
            snapshot = _Decoder(io.BytesIO(encoded)).load()
    except _BROKEN as error:
        raise ValueError(f"not a snapshot: {error}") from error
    if not isinstance(snapshot, Snapshot):
        raise ValueError(f"not a snapshot: {type(snapshot).__name__}")
    return snapshot


class _Decoder(pickle.Unpickler):
    """Makes nothing but the values that snapshots consist of."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            # What Python before 3.11.4 makes the members of enumerations by.
            return _member
        ours = module.startswith(("sluice_proxy.routes.model.", "sluice_proxy.snapshot."))
        builtin = (module, name) in {
            ("builtins", "frozenset"),
            ("ipaddress", "IPv4Network"),
            ("ipaddress", "IPv6Network"),
            ("ipaddress", "IPv4Address"),
            ("ipaddress", "IPv6Address"),
        }
        if not (ours or builtin):
            raise pickle.UnpicklingError(f"{module}.{name} has no place in one")
        found = super().find_class(module, name)
        if not isinstance(found, type):
            raise pickle.UnpicklingError(f"{module}.{name} is no type")
        return found


def _member(kind: Any, name: Any) -> Enum:
    if not (isinstance(kind, EnumType) and name in kind.__members__):
        raise pickle.UnpicklingError(f"{kind}.{name} is no member of an enumeration")
    member: Enum = kind.__members__[name]
    return member
