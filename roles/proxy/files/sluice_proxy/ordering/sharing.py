# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates among what nodes share."""

from __future__ import annotations

import logging

from ..fleet.shared import Lease, Shared
from .certificates import (
    CERTIFICATE,
    KEPT,
    BadDocument,
    Held,
    decode_certificate,
    encode_certificate,
)
from .leasing import under_lease

_log = logging.getLogger("sluice_proxy.ordering")


def lease_name(subject: str) -> str:
    """Return the name of the lease under which a certificate is ordered, or changed."""
    return f"certificate {subject}"


def is_newer(one: Held, than: Held | None) -> bool:
    """Return whether a certificate takes the place of another."""
    if than is None:
        return True
    return one.fingerprint != than.fingerprint and one.lifespan.begins >= than.lifespan.begins


def read_certificate(subject: str, document: bytes) -> Held | None:
    """Return the certificate of a document, None, and a line in the log, for one that is none."""
    try:
        held = decode_certificate(document)
    except BadDocument as error:
        _log.warning("the shared certificate %s is ignored: %s", subject, error)
        return None
    return held if held.obtained.wish.subject == subject else None


async def shared_certificate(shared: Shared, subject: str) -> Held | None:
    """Return the certificate for a subject that is shared, None where there is none."""
    record = await shared.get(CERTIFICATE, subject)
    return None if record is None else read_certificate(subject, record.document)


async def put_certificate(shared: Shared, held: Held, now: float, lease: Lease) -> None:
    """Share a certificate until it is over, and some time more; raises Unreachable, LeaseLost."""
    await shared.put(
        CERTIFICATE,
        held.obtained.wish.subject,
        encode_certificate(held.obtained),
        lease=lease,
        seconds=max(held.lifespan.ends - now, 0.0) + KEPT,
    )


async def share(shared: Shared, held: Held, now: float, holder: str) -> None:
    """Share a certificate unless a newer one is there.

    Raises HeldElsewhere, Unreachable and LeaseLost.
    """
    subject = held.obtained.wish.subject

    async def put(lease: Lease) -> None:
        there = await shared_certificate(shared, subject)
        if there is None or is_newer(held, there):
            await put_certificate(shared, held, now, lease)

    await under_lease(shared, lease_name(subject), holder, put)
