# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared of the proxy, as its admin API has it. Pure."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional, Tuple

from .._converge.resource import Operation
from .masking import masked

ROUTE, CERTIFICATE = "route", "certificate"
FOLDERS: Mapping[str, str] = {ROUTE: "/v1/routes", CERTIFICATE: "/v1/certificates"}
"""Where the API lists the resources of a kind."""

OF_FILE = "file"
"""The origin of what the configuration file declares: the API shows and never changes it."""

GIVEN, SELF_SIGNED, LOCAL_CA, ACME = "given", "self_signed", "local_ca", "acme"
"""Where a certificate comes from."""

_EMPTY: Mapping[str, Any] = {}
Key = Tuple[str, str]


class Entry(NamedTuple):
    """A route or a certificate of the proxy.

    ``document`` is what declares it, without the keys of certificates. ``certificate`` tells of a
    certificate that was made, given or issued: names, fingerprint, not_after and so on. ``order``
    tells of one that an authority is asked for: state, said, next_try and so on.
    """

    kind: str
    id: str
    document: Mapping[str, Any]
    owner: str = ""
    version: int = 0
    origin: str = "api"
    certificate: Mapping[str, Any] = _EMPTY
    order: Mapping[str, Any] = _EMPTY

    @property
    def key(self) -> Key:
        return (self.kind, self.id)

    @property
    def name(self) -> str:
        return name_of(self.key)

    def line(self) -> str:
        told = _told_of_certificate(self) if self.kind == CERTIFICATE else self.document
        words = [self.name]
        if self.owner:
            words.append("owner " + self.owner)
        words.append(json.dumps(masked(told), sort_keys=True, ensure_ascii=False))
        return " ".join(words)


def name_of(key: Key) -> str:
    """Return how messages name an entry."""
    return "%s %s" % key


def _told_of_certificate(entry: Entry) -> Dict[str, Any]:
    """Return a certificate without its chain, which is long, and with its fingerprint instead.

    What the proxy made for a name it may make anew at any time: that is no change of a declaration.
    """
    told = {name: value for name, value in entry.document.items() if name != "chain"}
    if told.get("provider") != GIVEN:
        return told
    for name in ("names", "fingerprint", "not_after"):
        value = entry.certificate.get(name)
        if value is not None:
            told[name] = value
    return told


class Change(NamedTuple):
    """Have an entry be ``document``, or, when that is None, have none.

    ``owner`` None leaves the owner as it is. ``expected`` is the version that the entry must have
    for this, 0 for: it must not be there; None for any.
    """

    kind: str
    id: str
    document: Optional[Mapping[str, Any]]
    owner: Optional[str] = None
    expected: Optional[int] = None

    @property
    def key(self) -> Key:
        return (self.kind, self.id)

    def as_json(self) -> Dict[str, Any]:
        """Return the change as POST /v1/changes takes it."""
        made: Dict[str, Any] = {"kind": self.kind, "id": self.id}
        if self.document is None:
            made["remove"] = True
        else:
            made["document"] = self.document
            if self.owner is not None:
                made["owner"] = self.owner
        if self.expected is not None:
            made["expected"] = self.expected
        return made


class Purge(NamedTuple):
    """Remove all entries of a kind and an owner that the batch does not declare, but some."""

    kind: str
    owner: str
    ignore: Tuple[str, ...] = ()

    def as_json(self) -> Dict[str, Any]:
        """Return the purge as POST /v1/changes takes it."""
        return {"kind": self.kind, "owner": self.owner, "ignore": list(self.ignore)}


class Batch(NamedTuple):
    """Changes that are made as one.

    ``labels`` say where an entry stands in the task, for errors. ``read_at`` is the revision of
    what the changes were made from, None when nothing was read for them.
    """

    kind: str
    changes: Tuple[Change, ...] = ()
    purges: Tuple[Purge, ...] = ()
    labels: Mapping[Key, str] = {}
    read_at: Optional[int] = None

    def about(self, operations: Iterable[Operation[Entry]]) -> Batch:
        """Return what the batch says of the entries that operations changed, whenever it is."""
        declared = {change.key: change for change in self.changes}
        subjects = [operation.subject for operation in operations]
        changes = tuple(
            declared.get(subject.key, Change(subject.kind, subject.id, None))
            for subject in subjects
        )
        return Batch(self.kind, changes, (), self.labels)

    def as_json(self) -> Dict[str, Any]:
        """Return the body for POST /v1/changes."""
        made: Dict[str, Any] = {
            "changes": [change.as_json() for change in self.changes],
            "purges": [purge.as_json() for purge in self.purges],
        }
        if self.read_at is not None:
            made["unchanged"] = {self.kind: self.read_at}
        return made

    def called(self, key: Key) -> str:
        """Return how errors call an entry: its name, and where it stands in the task."""
        label = self.labels.get(key)
        return "%s (%s)" % (label, name_of(key)) if label else name_of(key)
