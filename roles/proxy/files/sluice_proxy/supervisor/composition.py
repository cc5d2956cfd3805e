# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is served at one moment: the file, what is declared, and the certificates made for both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ..issuing.issuer import Issuer, Settled
from ..issuing.leaves import Leaf
from ..issuing.wanting import Trouble
from ..resources.certifying import certify
from ..resources.composing import snapshot_of
from ..resources.edition import Edition
from ..snapshot.snapshot import Snapshot
from ..store.items import Change


@dataclass(frozen=True, slots=True)
class Composition:
    """``settled`` has the certificates that were made, ``made`` what the store has to keep for
    them."""

    edition: Edition = field(repr=False)
    snapshot: Snapshot = field(repr=False)
    settled: Settled
    made: Sequence[Change] = field(repr=False)

    @property
    def leaves(self) -> Mapping[str, Leaf]:
        """The certificates that were made, by id."""
        return self.settled.leaves

    @property
    def troubles(self) -> Sequence[Trouble]:
        """Those that could not be made."""
        return self.settled.troubles

    @property
    def local_ca(self) -> bytes | None:
        """The certificate of the CA in use, as PEM."""
        authority = self.settled.authority
        return None if authority is None else authority.pem


def composed(
    edition: Edition,
    leaves: Mapping[str, Leaf],
    issuer: Issuer,
    now: datetime,
    missing: Sequence[Change] = (),
    asked: Collection[str] = (),
) -> Composition:
    """Return what an edition comes to; ``leaves`` are there already, ``missing`` is what the store
    has still to keep for them. ``asked`` are names that clients ask for.

    Makes certificates, for which it reads files: not for a loop.
    """
    certified = certify(edition, leaves, issuer, now, asked)
    version = edition.base.snapshot.version
    snapshot = snapshot_of(certified.edition, version, certified.automatic)
    made = {change.key: change for change in (*missing, *certified.changes)}
    return Composition(certified.edition, snapshot, certified.settled, tuple(made.values()))
