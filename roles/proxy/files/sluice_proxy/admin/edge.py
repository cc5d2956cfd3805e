# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the API needs of the program that it is part of."""

from __future__ import annotations

from typing import Protocol

from ..ordering.model import AuthorityStatus
from ..resources.model import Batch, Declared, Outcome
from .status import OrderStatus, Status


class Edge(Protocol):
    """The running proxy. All methods belong to one loop."""

    @property
    def declared(self) -> Declared:
        """All resources that are in force. The mappings in it are never changed."""

    async def change(self, batch: Batch) -> Outcome:
        """Keep the changes for good and have all workers serve them, or change nothing.

        Raises Invalid, OfFile or Outdated for what is asked; StoreFailed when it cannot be kept;
        NotInForce when the workers did not take it over.
        """

    async def plan(self, batch: Batch) -> Outcome:
        """Return what ``change`` would come to, raising what it would find wrong; change
        nothing."""

    async def status(self) -> Status:
        """Return how everything is at this moment."""

    async def metrics(self) -> str:
        """Return all numbers in Prometheus' text format."""

    @property
    def serves(self) -> bool:
        """Whether clients are served."""

    @property
    def log_level(self) -> str:
        """The level of the error log: debug, info, warning or error."""

    async def set_log_level(self, level: str) -> None:
        """Log at another level from now on, in every process, until the configuration is read
        again. Raises NotInForce."""

    def order(self, name: str) -> OrderStatus | None:
        """Return how the order for a certificate stands, by its id in the status; None for one
        that is not ordered."""

    async def renew(self, name: str) -> None:
        """Have a certificate ordered anew, and do not wait for it. Raises NotOrdered."""

    async def revoke(self, name: str, reason: str) -> None:
        """Have its authority revoke a certificate; that it is revoked already is no error.

        Raises NotOrdered, or NotRevoked.
        """

    async def authorities(self) -> tuple[AuthorityStatus, ...]:
        """Return how it stands with each authority, in their order; none where nothing is ordered.

        Raises OutOfReach when what nodes share cannot be reached.
        """

    async def roll_over(self, authority: str) -> AuthorityStatus:
        """Have a new key for the account at an authority, and return how it stands then.

        Raises NoAuthority, NotOrdered, NotChanged, and OutOfReach as `authorities`.
        """

    async def deactivate(self, authority: str) -> AuthorityStatus:
        """Give the account at an authority up for good, and return how it stands then.

        Raises NoAuthority, NotOrdered, NotChanged, and OutOfReach as `authorities`.
        """

    def local_ca(self) -> bytes | None:
        """Return the certificate of the local CA as PEM, None when there is none."""


class NotOrdered(RuntimeError):
    """A certificate is none that is ordered, or there is none yet, or no account to order it with.
    The text says which."""


class NotRevoked(RuntimeError):
    """An authority does not revoke a certificate, or cannot be reached. The text says why."""


class NoAuthority(RuntimeError):
    """The configuration has no authority of this name. The text says so."""


class NotChanged(RuntimeError):
    """An authority does not change an account, or cannot be reached. The text says why."""


class OutOfReach(RuntimeError):
    """What nodes share cannot be reached. The text says why."""


class NotInForce(RuntimeError):
    """The workers did not take a change over: all is as it was. The text says why."""
