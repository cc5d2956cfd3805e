# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a configuration file to what it says, and to the snapshot that it makes alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sluice_proxy.config.consistency import Complaint, complaints, route_policies
from sluice_proxy.config.document import MAX_BYTES, Document, read_document
from sluice_proxy.config.explaining import MOST, problems
from sluice_proxy.config.files import Files, FilesBeside
from sluice_proxy.config.issuing_consistency import issuing_complaints
from sluice_proxy.config.problems import InvalidConfig, Problem
from sluice_proxy.config.sections.root import RootSection
from sluice_proxy.routes.model.actions import Page
from sluice_proxy.snapshot.collecting import collector_paused
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.snapshot.tls import TlsSettings

Complete = Callable[[Snapshot], tuple[Snapshot, Sequence[Complaint]]]
"""Reads what a snapshot names but does not have, and says where that cannot be used."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a configuration file says.

    ``snapshot`` is what it makes alone, ``tls`` the settings in it without those of routes, and
    ``pages`` has the pages that it sets, by their ids: ``no_route``, ``no_healthy``, a status.
    """

    file: str
    snapshot: Snapshot
    tls: TlsSettings
    pages: Mapping[str, Page]
    document: Document = field(repr=False, compare=False)

    def written(self, section: str) -> Any:
        """Return a section as it is written, None where it is not."""
        return self.document.data.get(section)

    def invalid(self, wrong: Sequence[Complaint]) -> InvalidConfig:
        """Return the error that says what is wrong, with the lines of the file."""
        return InvalidConfig(self.file, (self.document.problem(*each) for each in wrong[:MOST]))


def load(path: Path, *, version: int = 1, complete: Complete | None = None) -> Snapshot:
    """Return the snapshot of the file at ``path``; raises InvalidConfig with all that is wrong.

    ``complete`` has the last word about what is good by itself.
    """
    return load_base(path, version=version, complete=complete).snapshot


def load_base(path: Path, *, version: int = 1, complete: Complete | None = None) -> Base:
    """Return what the file at ``path`` says, as ``load`` does its snapshot."""
    try:
        with path.open("rb") as file:
            # One byte more than there may be tells that the file is too large.
            text = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = Problem(0, 0, "", f"the file cannot be read: {error.strerror}")
        raise InvalidConfig(str(path), [problem]) from error
    files = FilesBeside(path.parent.absolute())
    return parse_base(text, file=str(path), files=files, version=version, complete=complete)


def parse(
    text: bytes, *, file: str, files: Files, version: int = 1, complete: Complete | None = None
) -> Snapshot:
    """Return the snapshot of ``text``; raises InvalidConfig with all that is wrong.

    ``file`` is what errors call it.
    """
    return parse_base(text, file=file, files=files, version=version, complete=complete).snapshot


def parse_base(
    text: bytes, *, file: str, files: Files, version: int = 1, complete: Complete | None = None
) -> Base:
    """Return what ``text`` says, as ``parse`` does its snapshot."""
    with collector_paused():
        document = read_document(text, file)
        try:
            root = RootSection.model_validate(document.data, context=files)
        except ValidationError as error:
            raise InvalidConfig(file, problems(error, RootSection, document)) from None
        snapshot, wrong = _snapshot(root, version, files)
        if complete is not None and not wrong:
            snapshot, further = complete(snapshot)
            wrong.extend(further)
        if wrong:
            raise InvalidConfig(file, (document.problem(*each) for each in wrong[:MOST]))
        # Those of routes come after the file's own.
        own = sum(len(part.hosts) for part in root.tls.hosts)
        tls = replace(snapshot.tls, hosts=snapshot.tls.hosts[:own])
        return Base(file, snapshot, tls, root.pages.own(), document)


def _snapshot(root: RootSection, version: int, files: Files) -> tuple[Snapshot, list[Complaint]]:
    routes = tuple(section.route() for section in root.routes)
    listeners = tuple(section.listener() for section in root.listen)
    policies, differing = route_policies(routes)
    wrong: list[Complaint] = [(("routes", each.second, "tls"), each.message) for each in differing]
    tls = root.tls.settings(policies)
    metrics = None if root.metrics is None else root.metrics.metrics()
    admin = None if root.admin is None else root.admin.admin()
    issuing = root.issuing.issuing()
    wrong.extend(complaints(listeners, metrics, admin, routes, tls))
    fleet = root.fleet.fleet()
    kept = root.store is not None or fleet is not None
    wrong.extend(issuing_complaints(routes, issuing, files, kept=kept))
    snapshot = Snapshot(
        version=version,
        listeners=listeners,
        workers=root.workers,
        limits=root.limits.limits(),
        timeouts=root.timeouts.timeouts(),
        upstream=root.upstream.limits(),
        trusted=tuple(root.trusted),
        logs=root.log.logs(),
        metrics=metrics,
        certificates=tuple(section.certificate() for section in root.certificates),
        tls=tls,
        issuing=issuing,
        fleet=fleet,
        pages=root.pages.pages(),
        store=root.store,
        admin=admin,
        routes=routes,
    )
    return snapshot, wrong
