# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The form of a case."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """The bytes of a connection and what has to become of them."""

    name: str
    raw: bytes
    sent: tuple[bytes, ...] = ()
    """What upstreams get, one item for each request that is sent on."""
    refused: int | None = None
    """The status that answers what follows those requests; None when nothing is refused."""


def lines(*items: str | bytes) -> bytes:
    """Return a head of these lines."""
    return b"".join(_bytes(item) + b"\r\n" for item in items) + b"\r\n"


def _bytes(item: str | bytes) -> bytes:
    return item if isinstance(item, bytes) else item.encode("latin-1")


SMUGGLED = lines("GET /smuggled HTTP/1.1", "Host: a")
"""What an attacker hopes that an upstream takes for a request of its own."""


def refused(name: str, raw: bytes, status: int = 400) -> Case:
    """Return a case in which nothing is sent on."""
    return Case(name, raw, refused=status)


def accepted(name: str, raw: bytes, *sent: bytes) -> Case:
    """Return a case in which everything is sent on, as ``sent`` says."""
    return Case(name, raw, sent)
