# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging certificates: a module's parameters in, its result out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence

from .._converge.collector import collector_paused
from .._converge.errors import EdgeError, Refused
from .._converge.telling import undo_summary
from .._kernel.termination import termination_as_error
from .absent import AbsentProxy
from .authorities import NotAsked, renew, revoke
from .awaiting import CALENDAR, Calendar, Waited, not_issued, wait_until_issued
from .declared.certificate import (
    CertificatesDeclared,
    DeclaredCertificate,
    read_certificates,
    refuse_unknown,
    refuse_unrevocable,
)
from .driver import Api, Operations, Outcome, ProxyDriver
from .files import read_text
from .model import ACME, CERTIFICATE, Batch, Entry, Key
from .opening import open_socket, purge_of
from .orders import Awaited, Revocation, fingerprint_of, renewal, revocation

TITLE = "certificates of the proxy"


def converge_certificates(
    params: Mapping[str, Any], check: bool, with_diff: bool, calendar: Calendar = CALENDAR
) -> Dict[str, Any]:
    """Converge the certificates that a module's parameters declare; return the module's result.

    Raises EdgeError; then the proxy has what it had, or the error says what could not be undone.
    """
    with collector_paused(), termination_as_error():
        declared = read_certificates(params, read_text)
        api = open_socket(params, check)
        task = CertificatesTask(declared, api)
        if check:
            outcome, waited = task.predicted(), None
        else:
            outcome = task.made()
            waited = task.waited(outcome, calendar)
    result = outcome.as_result(TITLE, with_diff)
    if waited is not None:
        result["orders"] = waited.as_result()
    return dict(result, warnings=[api.warning]) if isinstance(api, AbsentProxy) else result


class _Revoked(NamedTuple):
    entry: DeclaredCertificate
    reason: str
    step: Revocation


class CertificatesTask:
    """A task about certificates: what is declared, and what authorities are asked for.

    Raises InvalidInput for what does not go with the certificates that there are.
    """

    def __init__(self, declared: CertificatesDeclared, api: Api) -> None:
        self._declared = declared
        self._api = api
        self._proxy = ProxyDriver(api)
        self._before = self._present(
            [each.name for each in declared.certificates if _is_to_be_known(each)]
        )
        if not isinstance(api, AbsentProxy):
            self._require_known()
        self._revoked = self._find_revoked()

    def predicted(self) -> Outcome:
        """Return what the task would come to; nothing is changed, and nobody is asked."""
        return self._outcome(self._proxy.plan(self._batch))

    def made(self) -> Outcome:
        """Have certificates revoked, make the changes, and have others ordered anew.

        Nothing is withdrawn when something cannot be revoked.
        """
        asked: List[str] = []
        try:
            self._revoke(asked)
            self._proxy.converge(self._batch)
            self._renew(asked)
        except EdgeError as error:
            raise self._undone(error, asked) from None
        except BaseException:
            self._proxy.undo()
            raise
        return self._outcome(self._proxy.made)

    def waited(self, outcome: Outcome, calendar: Calendar) -> Optional[Waited]:
        """Wait for certificates of authorities where that is declared, and return how they are.

        Raises NotIssued when some are not there in time. What was declared stays then.
        """
        patience = self._declared.patience
        if patience is None:
            return None
        renewed = {entry.id: entry for entry in self._renewed()}
        awaited = [
            Awaited(each.name, renewed.get(each.name))
            for each in self._declared.certificates
            if each.ordered
        ]
        done = [str(operation) for operation in outcome.operations]
        try:
            waited = wait_until_issued(self._present, awaited, patience, calendar)
        except EdgeError as error:
            raise Refused("%s; what was declared stays" % error, (), done) from None
        if waited.missing:
            batch = Batch(CERTIFICATE, labels=self._declared.labels)
            raise not_issued(waited, batch, done, calendar.today())
        return waited

    def _present(self, names: Sequence[str]) -> Dict[str, Entry]:
        if not names:
            return {}
        _revision, entries = self._proxy.read(CERTIFICATE, names)
        return {entry.id: entry for entry in entries}

    def _require_known(self) -> None:
        """Raise InvalidInput unless the certificates are there that are declared by fingerprint."""
        for entry in self._declared.certificates:
            if entry.change is not None:
                continue
            present = self._before.get(entry.name)
            fingerprint = None if present is None else fingerprint_of(present)
            if fingerprint != entry.fingerprint:
                raise refuse_unknown(entry, fingerprint)

    def _find_revoked(self) -> List[_Revoked]:
        """Return what is to be revoked of what there is; raises InvalidInput for what cannot be.

        A certificate that the proxy made itself, as on a laptop, is just withdrawn.
        """
        found = []
        for each in self._declared.certificates:
            present = self._before.get(each.name)
            if each.revoked is None or present is None:
                continue
            if present.document.get("provider") != ACME:
                raise refuse_unrevocable(each, str(present.document.get("provider")))
            if present.certificate.get("provider") == ACME:
                found.append(_Revoked(each, each.revoked, revocation(present, each.revoked)))
        return found

    def _batch(self) -> Batch:
        declared = self._declared
        changes = tuple(each.change for each in declared.certificates if each.change is not None)
        known = [each.name for each in declared.certificates if each.change is None]
        purges, read_at = purge_of(self._proxy, CERTIFICATE, declared.owner, declared.purge, known)
        return Batch(CERTIFICATE, changes, purges, declared.labels, read_at)

    def _revoke(self, asked: List[str]) -> None:
        if self._revoked:
            # What the proxy refuses to change is to be known before anything is final.
            self._proxy.plan(self._batch)
        for each in self._revoked:
            with self._naming(each.entry.key, "%s: cannot be revoked, so nothing is withdrawn: %s"):
                revoke(self._api, each.entry.name, each.reason)
            asked.append("%s: that is final" % each.step)

    def _renew(self, asked: List[str]) -> None:
        for entry in self._renewed():
            with self._naming(entry.key, "%s: cannot be renewed: %s"):
                renew(self._api, entry.id)
            asked.append("%s: the order goes on" % renewal(entry))

    def _renewed(self) -> List[Entry]:
        """Return those that are to be ordered anew.

        One that the task creates is ordered anyway, and one without an order is made by the proxy
        itself, as on a laptop.
        """
        names = {each.name for each in self._declared.certificates if each.renewed}
        return [entry for name, entry in self._before.items() if name in names and entry.order]

    @contextmanager
    def _naming(self, key: Key, message: str) -> Iterator[None]:
        """Have ``message`` say of which certificate a refusal in the body is, and the refusal."""
        try:
            yield
        except NotAsked as error:
            called = Batch(CERTIFICATE, labels=self._declared.labels).called(key)
            raise Refused(message % (called, error)) from None

    def _undone(self, error: EdgeError, asked: Sequence[str]) -> EdgeError:
        """Take back what was made, and return the error that tells so.

        ``asked`` is what authorities did or will do all the same.
        """
        undone, kept = self._proxy.undo()
        kept += asked
        if isinstance(error, Refused):
            if not undone and not kept and (error.undone or error.not_undone):
                return error
            undone, kept = error.undone + undone, error.not_undone + kept
        elif not undone and not kept:
            return error
        return Refused("%s (%s)" % (error, undo_summary(undone, kept)), undone, kept)

    def _outcome(self, changed: Operations) -> Outcome:
        revocations = [each.step for each in self._revoked]
        renewals = [renewal(entry) for entry in self._renewed()]
        return Outcome((*revocations, *changed, *renewals))


def _is_to_be_known(entry: DeclaredCertificate) -> bool:
    """Tell whether the certificate that there is has to be looked at."""
    return entry.change is None or entry.renewed or entry.revoked is not None
