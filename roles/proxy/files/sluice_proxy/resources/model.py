# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of this room: resources, the changes that are asked for, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Document = Mapping[str, Any]
"""What a resource says, as JSON has it. Those of certificates may have a private key."""

ANYBODY = ""
"""The owner of what was declared without naming one."""


class Kind(StrEnum):
    """What a resource is; also its kind in the store."""

    ROUTE = "route"
    CERTIFICATE = "certificate"
    PAGE = "page"


class Origin(StrEnum):
    """Who says that a resource is there: the configuration file, or the API by way of the store."""

    FILE = "file"
    API = "api"


@dataclass(frozen=True, slots=True)
class Leaf:
    """The certificate that clients are shown.

    ``provider`` is ``file``, ``given``, ``self_signed``, ``local_ca`` or ``acme``. Both
    fingerprints are SHA-256 in hexadecimal: of the certificate, and of its public key (SPKI).
    ``serial`` is hexadecimal; the moments are in seconds since 1970.
    """

    provider: str
    names: tuple[str, ...]
    fingerprint: str
    key_fingerprint: str
    not_before: float
    not_after: float
    issuer: str
    serial: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource that is there.

    ``version`` is that of its item in the store, 0 for one of the configuration file, which the
    API shows and never changes. ``owner`` is who declared it, for a purge to tell its own from
    others'. ``leaf`` is of a certificate, None as long as it was not made.
    """

    kind: Kind
    id: str
    document: Document = field(repr=False)
    owner: str = ANYBODY
    version: int = 0
    origin: Origin = Origin.API
    leaf: Leaf | None = None


@dataclass(frozen=True, slots=True)
class Declare:
    """Have a resource be this document, and no more than it.

    ``owner`` is None for whoever has it already, else nobody. ``expected`` is the version that it
    must have for this (0 for: it must not be there), None for any.
    """

    kind: Kind
    id: str
    document: Document = field(repr=False)
    owner: str | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Have no such resource; ``expected`` as for Declare. Withdrawing what is absent is no
    change."""

    kind: Kind
    id: str
    expected: int | None = None


Change = Declare | Withdraw


@dataclass(frozen=True, slots=True)
class Purge:
    """Withdraw all resources of a kind that the batch does not declare.

    Only those of ``owner``, unless it is None; never those of the configuration file, and none
    whose id is among ``ignore``.
    """

    kind: Kind
    owner: str | None = None
    ignore: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that are made as one.

    ``unchanged`` has kinds that nobody must have changed since the caller read them, each with the
    revision that it was read at.
    """

    changes: tuple[Change, ...] = ()
    purges: tuple[Purge, ...] = ()
    unchanged: Mapping[Kind, int] = field(default_factory=dict)


class Verb(StrEnum):
    """What becomes of a resource."""

    CREATE = "create"
    REPLACE = "replace"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Operation:
    """One resource before and after; None where there is none. ``after.version`` is 0 as long as
    the operation was not made."""

    verb: Verb
    before: Resource | None
    after: Resource | None

    @property
    def subject(self) -> Resource:
        """The resource as it is after, or as it was."""
        subject = self.after or self.before
        if subject is None:
            raise ValueError("an operation has a resource before it, after it, or both")
        return subject


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch came to, or would come to.

    ``unchanged`` counts the changes that were as asked already. ``revision`` is that of the store
    afterwards.
    """

    revision: int
    operations: tuple[Operation, ...]
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Declared:
    """All resources at one moment, those of the configuration file among them.

    ``revision`` counts the changes of the store. In the order of kind and id.
    """

    revision: int = 0
    of_kind: Mapping[Kind, Mapping[str, Resource]] = field(
        default_factory=lambda: {kind: {} for kind in Kind}
    )
