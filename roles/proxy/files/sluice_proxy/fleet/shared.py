# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of what nodes share, be it one node alone or a fleet of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

LONGEST_LEASE = 600.0
"""Seconds; what ends later was taken before the clock was set back, and is nobody's any more."""


class Unreachable(RuntimeError):
    """What is shared cannot be read or written now. The text is one line: where, and why."""


class LeaseLost(RuntimeError):
    """Somebody else holds the lease now, or held it since: nothing was written."""


@dataclass(frozen=True, slots=True)
class Record:
    """A document that is shared; it may be a secret. ``revision`` grows with each change of
    anything of its kind."""

    document: bytes = field(repr=False)
    revision: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What was put and removed after a revision, and the ``revision`` to ask from next.

    With ``whole``, ``put`` is all that there is: what is not in it is gone.
    """

    revision: int
    put: Mapping[str, Record]
    removed: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act on ``name`` alone for some time. ``fence`` is higher than that of every
    lease of this name before."""

    name: str
    fence: int


class Shared(Protocol):
    """Keeps documents by kind and id. All methods raise Unreachable.

    A kind is a word of lower-case letters, digits and hyphens; an id, and the name of a lease or of
    a count, any text. What is removed when its time is over is a change like any other.
    """

    async def get(self, kind: str, name: str) -> Record | None:
        """Return a document, None where there is none or its time is over."""

    async def changes(self, kind: str, since: int = 0) -> Changes:
        """Return what changed of a kind after a revision; all that there is after 0.

        Where the revision is not of a call before, as after a backup was put in place, or is too
        long ago, everything there is comes again, with a revision that may be lower.
        """

    async def put(
        self,
        kind: str,
        name: str,
        document: bytes,
        *,
        lease: Lease | None = None,
        seconds: float | None = None,
    ) -> Record:
        """Have a document there, for ``seconds`` or for good.

        Raises LeaseLost when ``lease`` is not held any more.
        """

    async def remove(self, kind: str, name: str, *, lease: Lease | None = None) -> None:
        """Have no such document; that there is none is no error. Raises LeaseLost as `put`."""

    async def add(self, kind: str, name: str, document: bytes) -> Record:
        """Have a document there if there is none, and return the one that is there then."""

    async def lease(self, name: str, holder: str, seconds: float) -> Lease | None:
        """Return a lease of LONGEST_LEASE at most, None while another holder has it.

        Who has it gets a new one.
        """

    async def renew(self, lease: Lease, seconds: float) -> None:
        """Hold on to a lease for ``seconds`` from now. Raises LeaseLost."""

    async def release(self, lease: Lease) -> None:
        """Let others have it; that it is lost already is no error."""

    async def allow(self, name: str, most: int, window: float) -> float:
        """Count one of the ``most`` things that may happen within ``window`` seconds.

        Return 0 when it may happen now; else nothing is counted, and it is the seconds until it
        may.
        """

    async def allowed(self, name: str, window: float) -> int:
        """Return how many things `allow` has counted within the last ``window`` seconds."""

    @property
    def trouble(self) -> str:
        """Why it was unreachable when last used, empty when it was not."""

    async def close(self) -> None:
        """Let go of everything; a second time is no error."""
