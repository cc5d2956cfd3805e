# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The snapshot: everything a worker needs, immutable, with a version, and as bytes."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any

from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.admin import Admin
from sluice_proxy.snapshot.asking import Asking
from sluice_proxy.snapshot.collecting import collector_paused
from sluice_proxy.snapshot.fleet import Redis
from sluice_proxy.snapshot.issuing import Issuing
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
    from ``trusted`` networks may say on whose behalf they come. ``store`` is the file that keeps
    what is declared by the API, None for none; ``fleet`` is what a fleet shares certificates by.
    ``asking`` is what workers ask the supervisor about.
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
    issuing: Issuing = field(default_factory=Issuing)
    fleet: Redis | None = None
    asking: Asking = field(default_factory=Asking)
    pages: Pages = field(default_factory=Pages)
    store: str | None = None
    admin: Admin | None = None
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
    encoded = io.BytesIO()
    with collector_paused():
        _Encoder(encoded, protocol=5).dump(snapshot)
    return encoded.getvalue()


def decode(encoded: bytes) -> Snapshot:
    """Return the snapshot that ``encode`` made; raises ValueError for anything else."""
    try:
        with collector_paused(kept=True):
            snapshot = _Decoder(io.BytesIO(encoded)).load()
    except _BROKEN as error:
        raise ValueError(f"not a snapshot: {error}") from error
    if not isinstance(snapshot, Snapshot):
        raise ValueError(f"not a snapshot: {type(snapshot).__name__}")
    return snapshot


class _Encoder(pickle.Pickler):
    """Writes dataclasses as calls with their values: that is read faster than their state.

    Members of enumerations are written by their value: Python 3.11.0 to 3.11.3 write a call of
    ``getattr`` instead, which has no place in a snapshot.
    """

    def reducer_override(self, value: Any) -> Any:
        """Return how a value is made anew."""
        if isinstance(value, Enum):
            return value.__class__, (value.value,)
        values = _values(value.__class__)
        return NotImplemented if values is None else (value.__class__, values(value))


@cache
def _values(kind: type) -> Callable[[Any], tuple[Any, ...]] | None:
    """Return what gives the values of a dataclass in the order of its parameters."""
    if not is_dataclass(kind):
        return None
    first, *others = [each.name for each in fields(kind)]
    if not others:
        return lambda value: (getattr(value, first),)
    return attrgetter(first, *others)


class _Decoder(pickle.Unpickler):
    """Makes nothing but the values that snapshots consist of."""

    def find_class(self, module: str, name: str) -> Any:
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
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is no type of ours")
        return found
