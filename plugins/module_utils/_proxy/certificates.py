# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging certificates: a module's parameters in, its result out."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from .._converge.collector import collector_paused
from .._kernel.termination import termination_as_error
from .absent import AbsentProxy
from .declared.certificate import CertificatesDeclared, read_certificates, refuse_unknown
from .driver import ProxyDriver, converged
from .files import read_text
from .model import CERTIFICATE, Batch
from .opening import open_socket, purge_of

TITLE = "certificates of the proxy"


def converge_certificates(
    params: Mapping[str, Any], check: bool, with_diff: bool
) -> Dict[str, Any]:
    """Converge the certificates that a module's parameters declare; return the module's result.

    Raises EdgeError; then the proxy has what it had, or the error says what could not be undone.
    """
    with collector_paused(), termination_as_error():
        declared = read_certificates(params, read_text)
        api = open_socket(params, check)
        proxy = ProxyDriver(api)
        if not isinstance(api, AbsentProxy):
            _require_known(proxy, declared)

        def declare() -> Batch:
            return _batch(proxy, declared)

        result = converged(proxy, declare, check).as_result(TITLE, with_diff)
    return dict(result, warnings=[api.warning]) if isinstance(api, AbsentProxy) else result


def _batch(proxy: ProxyDriver, declared: CertificatesDeclared) -> Batch:
    changes = tuple(entry.change for entry in declared.certificates if entry.change is not None)
    known = [entry.name for entry in declared.certificates if entry.change is None]
    purges, read_at = purge_of(proxy, CERTIFICATE, declared.owner, declared.purge, known)
    return Batch(CERTIFICATE, changes, purges, declared.labels, read_at)


def _require_known(proxy: ProxyDriver, declared: CertificatesDeclared) -> None:
    """Raise InvalidInput unless the certificates are there that are declared by fingerprint."""
    known = [entry for entry in declared.certificates if entry.change is None]
    if not known:
        return
    _revision, entries = proxy.read(CERTIFICATE, [each.name for each in known])
    found = {entry.id: entry for entry in entries}
    for entry in known:
        present = found.get(entry.name)
        fingerprint = None if present is None else str(present.certificate.get("fingerprint"))
        if fingerprint != entry.fingerprint:
            raise refuse_unknown(entry, fingerprint)
