# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What documents mean: the values that snapshots are made of.

Two documents that mean the same are the same resource, however they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..routes.model.actions import Page
from ..routes.model.route import Route
from ..snapshot.issuing import ChallengeType, KeyType
from ..snapshot.tls import Certificate


@dataclass(frozen=True, slots=True)
class Given:
    """A certificate that was declared with its key, read and checked; the key has no password.

    There is one key for a chain, in whatever form it is written.
    """

    certificate: Certificate = field(repr=False, compare=False)
    chain: bytes
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SelfSigned:
    """A certificate that is to be made, signed with its own key, for ``days``."""

    names: tuple[str, ...]
    days: int


@dataclass(frozen=True, slots=True)
class OfLocalCa:
    """A certificate that the local authority is to issue."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ordered:
    """A certificate that is to be ordered; empty or None is what the configuration file says."""

    names: tuple[str, ...]
    authority: str = ""
    challenge: ChallengeType | None = None
    profile: str = ""
    key_type: KeyType | None = None


def given(certificate: Certificate) -> Given:
    """Return what a certificate means that was read."""
    return Given(certificate, certificate.chain.text or b"", certificate.hosts)


Meaning = Route | Given | SelfSigned | OfLocalCa | Ordered | Page
"""Of a route, of certificates, and of a page."""
