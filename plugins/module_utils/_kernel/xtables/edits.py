# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be done to a table, step by step; nothing happens before all of it is committed."""

from __future__ import annotations

from typing import NamedTuple, Union

from .blob import Rule


class CreateChain(NamedTuple):
    chain: str


class DeleteChain(NamedTuple):
    """Delete an empty chain that nothing leads to."""

    chain: str


class Flush(NamedTuple):
    """Take all rules out of a chain."""

    chain: str


class Append(NamedTuple):
    """Put a rule, with what it counted, at the end of a chain."""

    chain: str
    rule: Rule


class Insert(NamedTuple):
    """Put a rule at the head of a chain."""

    chain: str
    body: bytes


class Remove(NamedTuple):
    """Take the first rule of these bytes out of a chain."""

    chain: str
    body: bytes


Edit = Union[CreateChain, DeleteChain, Flush, Append, Insert, Remove]
