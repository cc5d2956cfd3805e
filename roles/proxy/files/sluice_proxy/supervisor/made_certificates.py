# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to tell about certificates that the proxy makes itself, or has ordered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from ..admin.status import CertificateStatus
from ..issuing.issuer import Settled
from ..issuing.wanting import AUTOMATIC, DEMANDED, Trouble, Wanted, is_automatic
from ..resources.model import Origin
from ..routes.model.route import Route


def news(former: Settled | None, settled: Settled) -> Iterator[str]:
    """Yield what went wrong that did not before, for the log."""
    before = () if former is None else former.troubles
    trouble = settled.trouble
    if trouble and (former is None or trouble != former.trouble):
        yield f"the local CA cannot be used: {trouble}"
    known = set(map(_line, before))
    for one in settled.troubles:
        # It is the CA's, and was told.
        if one.message != trouble and _line(one) not in known:
            yield _line(one)


def said_of(settled: Settled) -> Mapping[str, str]:
    """Return what went wrong when a certificate was last to be made, by its id."""
    return {trouble.wanted.id: _said(trouble) for trouble in settled.troubles}


def local_ca_days_left(settled: Settled, now: datetime) -> float | None:
    """Return the days until the local CA expires, None where there is none."""
    authority = settled.authority
    return None if authority is None else authority.lifetime.days_left(now)


def automatic_statuses(
    settled: Settled, now: datetime, of_file: Iterable[Route]
) -> Iterator[CertificateStatus]:
    """Yield how those are that are for routes or on demand, or could not be had; declared ones are
    resources. Those for hosts of the routes ``of_file`` are the file's, and so are those on
    demand: it says which names may have one."""
    said = said_of(settled)
    hosts = {f"{AUTOMATIC}{host}" for route in of_file for host in route.hosts}

    def origin(name: str) -> Origin:
        return Origin.FILE if name in hosts or name.startswith(DEMANDED) else Origin.API

    for name, wanted in settled.wishes.items():
        if wanted.automatic and name not in settled.leaves:
            yield _not_there(wanted, origin(name), "")
    for name, leaf in settled.leaves.items():
        if is_automatic(name):
            one = leaf.issued
            yield CertificateStatus(
                id=name,
                origin=origin(name),
                provider=leaf.provider.value,
                names=one.names,
                fingerprint=one.fingerprint,
                not_after=one.lifetime.ends.timestamp(),
                days_left=round(one.lifetime.days_left(now), 3),
                said=said.get(name, ""),
            )
    for trouble in settled.troubles:
        wanted = trouble.wanted
        if wanted.automatic and not trouble.shown:
            yield _not_there(wanted, origin(wanted.id), trouble.message)


def _not_there(wanted: Wanted, origin: Origin, said: str) -> CertificateStatus:
    return CertificateStatus(
        id=wanted.id,
        origin=origin,
        provider=wanted.provider.value,
        names=wanted.names,
        fingerprint="",
        not_after=0.0,
        days_left=0.0,
        said=said,
    )


def _said(trouble: Trouble) -> str:
    return f"{trouble.message}: the former one is shown on" if trouble.shown else trouble.message


def _line(trouble: Trouble) -> str:
    return f"{trouble}: the former one is shown on" if trouble.shown else str(trouble)
