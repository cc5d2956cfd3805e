# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where logs and numbers go."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice_proxy.snapshot.listening import Address


@dataclass(frozen=True, slots=True)
class Rotation:
    """A file is put aside at ``bytes`` or after ``age`` seconds; ``keep`` of them stay."""

    bytes: int = 100 * 1024 * 1024
    age: float = 86_400.0
    keep: int = 10


@dataclass(frozen=True, slots=True)
class Log:
    """``path`` is a file, ``-`` for standard output, or None for none."""

    path: str | None = "-"
    rotation: Rotation = field(default_factory=Rotation)


@dataclass(frozen=True, slots=True)
class Logs:
    """``level`` is that of the error log: debug, info, warning or error."""

    access: Log = field(default_factory=Log)
    error: Log = field(default_factory=Log)
    level: str = "info"


@dataclass(frozen=True, slots=True)
class Metrics:
    """Where numbers are read, in Prometheus' text format."""

    address: Address
    path: str = "/metrics"
