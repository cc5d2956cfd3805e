# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edition with its store, and batches in few words."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from sluice_proxy.config.files import Files
from sluice_proxy.config.loading import Base, parse_base
from sluice_proxy.resources.composing import snapshot_of
from sluice_proxy.resources.edition import Edition
from sluice_proxy.resources.model import Batch, Change, Declare, Kind, Outcome, Purge, Withdraw
from sluice_proxy.resources.opening import open_edition, reread
from sluice_proxy.resources.planning import Plan, finished, plan
from sluice_proxy.resources.refusing import Problem, Refused
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.store.memory import MemoryStore

from samples.config import FilesInMemory

ROUTE, CERTIFICATE, PAGE = Kind.ROUTE, Kind.CERTIFICATE, Kind.PAGE


def base_of(text: str = "", files: Files | None = None) -> Base:
    """Return what a configuration file of this text says."""
    return parse_base(dedent(text).encode(), file="edge.yml", files=files or FilesInMemory())


class Running:
    """An edition that goes on as in a running proxy, beside the store that it came from."""

    def __init__(self, text: str = "", *, store: MemoryStore | None = None) -> None:
        self.files: Files = FilesInMemory()
        self.store = store or MemoryStore()
        self.edition: Edition = open_edition(base_of(text), self.store.read(None), self.files)

    def plan(self, *changes: Change | Purge, unchanged: dict[Kind, int] | None = None) -> Plan:
        return plan(self.edition, batch(*changes, unchanged=unchanged), self.files)

    def change(self, *changes: Change | Purge, unchanged: dict[Kind, int] | None = None) -> Outcome:
        planned = self.plan(*changes, unchanged=unchanged)
        self.edition, outcome = finished(planned, self.store.apply(planned.changes, {}))
        return outcome

    def refused(self, *changes: Change | Purge, **others: Any) -> tuple[str, ...]:
        """Return what is wrong with a batch, after the name of the error."""
        before = self.edition
        try:
            self.change(*changes, **others)
        except Refused as refused:
            assert self.edition is before
            return (type(refused).__name__, *map(str, refused.problems))
        return ()

    def reread(self, text: str) -> tuple[Problem, ...]:
        self.edition, problems = reread(self.edition, base_of(text), self.files)
        return problems

    def restarted(self, text: str = "") -> Running:
        return Running(text, store=self.store)

    @property
    def snapshot(self) -> Snapshot:
        return snapshot_of(self.edition, 1)

    def ids(self, kind: Kind = ROUTE) -> list[str]:
        return list(self.edition.declared.of_kind[kind])


def batch(*changes: Change | Purge, unchanged: dict[Kind, int] | None = None) -> Batch:
    return Batch(
        tuple(change for change in changes if not isinstance(change, Purge)),
        tuple(change for change in changes if isinstance(change, Purge)),
        unchanged or {},
    )


def route(
    name: str, /, owner: str | None = None, expected: int | None = None, **keys: Any
) -> Declare:
    """Declare a route; by default one for a host of its name."""
    document = keys or {"hosts": f"{name}.test", "targets": "http://10.0.0.1"}
    return Declare(ROUTE, name, document, owner, expected)


def page(name: str, content: str, **others: Any) -> Declare:
    return Declare(PAGE, name, {"content": content}, **others)


def certificate(name: str, /, **document: Any) -> Declare:
    return Declare(CERTIFICATE, name, document)


def without(name: str, kind: Kind = ROUTE, expected: int | None = None) -> Withdraw:
    return Withdraw(kind, name, expected)
