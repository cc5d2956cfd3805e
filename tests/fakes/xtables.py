# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Legacy xtables of paper: tables of rules as bytes, changed as libiptc changes them.

Refused as a whole is what libiptc and the kernel refuse: chains that are there already or
missing, names that are too long, chains deleted with rules in them or leading to them, jumps to
chains of nobody, unknown matches, targets of another table.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from typing import Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.wire.entry import (
    matches_of,
    target_of,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables.blob import Chains, Rule
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables.edits import (
    Append,
    CreateChain,
    DeleteChain,
    Edit,
    Flush,
    Insert,
    Remove,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables.writing import (
    XtablesRefused,
)
from ansible_collections.sluice.edge.tests.fakes.forwarding import FakeForwarding

BASES = {
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
VERDICTS = ("", "ACCEPT", "DROP", "RETURN")
TARGETS = {
    "nat": ("DNAT", "REDIRECT", "MASQUERADE", "LOG"),
    "filter": ("REJECT", "LOG"),
}
MATCHES = (
    "addrtype",
    "bpf",
    "comment",
    "conntrack",
    "limit",
    "recent",
    "sctp",
    "statistic",
    "tcp",
    "udp",
)
LONGEST_NAME = 28
STALE = "can't commit: Resource temporarily unavailable"
"""What a commit is refused with when another program changed the table meanwhile."""


class FakeXtables(FakeForwarding):
    """Tables, kernel parameters and connections of one host."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: Dict[Tuple[str, str], Chains] = {}
        self.commits: List[Tuple[str, str, Sequence[Edit]]] = []
        self.refuse: Callable[[int], Optional[str]] = lambda _number: None
        """By number of the commit, from 1: what it is refused with."""

        self.meanwhile: Callable[[], None] = lambda: None
        """What another program does just before the lock is taken."""

        self.locked = False

    @classmethod
    def holding(cls, tables: Dict[Tuple[str, str], Chains]) -> FakeXtables:
        """Return a host with these tables."""
        fake = cls()
        fake.tables = tables
        return fake

    def table(self, family: str, table: str) -> Chains:
        """Return a table to look at or to change by hand."""
        return self.tables.setdefault((family, table), {name: [] for name in BASES[table]})

    @contextmanager
    def lock(self) -> Iterator[None]:
        self.meanwhile()
        assert not self.locked
        self.locked = True
        try:
            yield
        finally:
            self.locked = False

    def read(self, family: str, table: str) -> Chains:
        return copy.deepcopy(self.tables.get((family, table), {}))

    def commit(self, family: str, table: str, edits: Sequence[Edit]) -> None:
        assert self.locked, "a commit without the lock"
        self.commits.append((family, table, edits))
        reason = self.refuse(len(self.commits))
        if reason is not None:
            raise XtablesRefused(reason)
        chains = copy.deepcopy(self.table(family, table))
        for edit in edits:
            _EDITS[type(edit)](chains, family, edit)
        _check(chains, family, table)
        self.tables[family, table] = chains


def _create(chains: Chains, _family: str, edit: CreateChain) -> None:
    if edit.chain in chains:
        raise XtablesRefused("can't create chain %s: File exists" % edit.chain)
    if len(edit.chain) > LONGEST_NAME:
        raise XtablesRefused("can't create chain %s: Invalid argument" % edit.chain)
    chains[edit.chain] = []


def _delete(chains: Chains, _family: str, edit: DeleteChain) -> None:
    if _get(chains, edit.chain):
        raise XtablesRefused("can't delete chain %s: Directory not empty" % edit.chain)
    if any(rule.target == edit.chain for rules in chains.values() for rule in rules):
        raise XtablesRefused("can't delete chain %s: Too many links" % edit.chain)
    del chains[edit.chain]


def _flush(chains: Chains, _family: str, edit: Flush) -> None:
    _get(chains, edit.chain).clear()


def _append(chains: Chains, family: str, edit: Append) -> None:
    body = edit.rule.body
    _get(chains, edit.chain).append(Rule(body, target_of(family, body).name, edit.rule.counted))


def _insert(chains: Chains, family: str, edit: Insert) -> None:
    _get(chains, edit.chain).insert(0, Rule(edit.body, target_of(family, edit.body).name))


def _remove(chains: Chains, _family: str, edit: Remove) -> None:
    rules = _get(chains, edit.chain)
    for place, rule in enumerate(rules):
        if rule.body == edit.body:
            del rules[place]
            return
    raise XtablesRefused("can't delete entry from chain %s: Bad rule" % edit.chain)


_EDITS: Dict[type, Callable[..., None]] = {
    CreateChain: _create,
    DeleteChain: _delete,
    Flush: _flush,
    Append: _append,
    Insert: _insert,
    Remove: _remove,
}


def _get(chains: Chains, name: str) -> List[Rule]:
    if name not in chains:
        raise XtablesRefused("can't change chain %s: No chain/target/match by that name" % name)
    return chains[name]


def _check(chains: Chains, family: str, table: str) -> None:
    for rules in chains.values():
        for rule in rules:
            known = rule.target in VERDICTS or rule.target in TARGETS[table]
            if not known and rule.target not in chains:
                raise XtablesRefused("can't commit: No chain/target/match by that name")
            if any(match.name not in MATCHES for match in matches_of(family, rule.body)):
                raise XtablesRefused("can't commit: No such file or directory")


class Parameters:
    """The kernel parameters of a fake host."""

    def __init__(self, values: Dict[str, str]) -> None:
        self.values = values

    def read(self, name: str) -> Optional[str]:
        return self.values.get(name)

    def write(self, name: str, value: str) -> None:
        self.values[name] = value
