# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a configuration file cannot be ordered, or is open to others than the proxy."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime

from ..config.loading import Base
from ..issuing.issuer import Issuer
from ..resources.certifying import foresee
from ..resources.edition import edition_of_file
from ..snapshot.issuing import Acme, DnsHook, Provider
from ..snapshot.snapshot import Snapshot


def foreseen(base: Base) -> Iterator[str]:
    """Yield what cannot work of the certificates that a file has ordered, in a line each.

    Looks at files, and changes nothing.
    """
    snapshot = base.snapshot
    for place, path in _secrets(snapshot):
        yield from _about_secret(place, path)
    if snapshot.issuing.provider is not Provider.ACME or snapshot.issuing.acme is None:
        return
    dns = snapshot.issuing.acme.dns
    if isinstance(dns, DnsHook) and not os.access(dns.program, os.X_OK):
        yield f"issuing.acme.dns.hook: {dns.program} cannot be executed: chmod +x it"
    for trouble in foresee(edition_of_file(base), {}, Issuer({}, ""), datetime.now(UTC)):
        if trouble.never:
            yield str(trouble)


def _secrets(snapshot: Snapshot) -> Iterator[tuple[str, str | None]]:
    """Yield the files with secrets, and where the configuration has them."""
    if snapshot.fleet is not None:
        yield "fleet.redis.password_file", snapshot.fleet.password_file
        yield "fleet.redis.secret_file", snapshot.fleet.secret_file
    if snapshot.issuing.acme is not None:
        yield from _of_acme(snapshot.issuing.acme)


def _of_acme(acme: Acme) -> Iterator[tuple[str, str | None]]:
    for authority in acme.authorities:
        if authority.external_account is not None:
            place = f"external_account of authority {authority.name}"
            yield place, authority.external_account.key_file
    if acme.dns is not None and not isinstance(acme.dns, DnsHook):
        yield "issuing.acme.dns.update", acme.dns.key_file or None


def _about_secret(place: str, path: str | None) -> Iterator[str]:
    if path is None:
        return
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        yield f"{place}: {path} cannot be read: {error.strerror}"
        return
    if mode & stat.S_IRWXO:
        yield f"{place}: {path} is open to everybody: chmod 0600 it"
    elif not os.access(path, os.R_OK):
        yield f"{place}: {path} cannot be read: check its owner and mode"
