# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A table as the kernel hands it out, taken apart into chains and rules. Pure.

A rule is its bytes in the form that libiptc takes: struct ipt_entry or ip6t_entry, the matches,
the target; a jump has the name of its chain where the kernel has an offset.
"""

from __future__ import annotations

import struct
from typing import Dict, List, NamedTuple, Tuple

HOOK_CHAINS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
"""By number of the hook, linux/netfilter.h."""

TARGET_HEADER = 32  # struct xt_entry_target
NAME_FIELD = 29
INFO_SIZE = 84  # struct ipt_getinfo
_STANDARD_SIZE = 40  # struct xt_standard_target
_VERDICTS = {-1: "DROP", -2: "ACCEPT", -4: "QUEUE", -5: "RETURN"}


class EntryForm(NamedTuple):
    """Where things are in a family's entry: offsets in bytes. ``counters`` end the header."""

    nfcache: int
    target_offset: int
    comefrom: int
    counters: int

    @property
    def size(self) -> int:
        return self.counters + 16


FORMS = {"ipv4": EntryForm(84, 88, 92, 96), "ipv6": EntryForm(136, 140, 144, 152)}


class Rule(NamedTuple):
    """One rule: its bytes without what is counted, and what was: packets, bytes."""

    body: bytes
    target: str
    counted: Tuple[int, int] = (0, 0)


Chains = Dict[str, List[Rule]]
"""All chains of a table by name, in the order of the table."""


class Info(NamedTuple):
    """struct ipt_getinfo: which hooks the table has, and where their chains begin and end."""

    hooks: int
    begins: Tuple[int, ...]
    ends: Tuple[int, ...]
    size: int


def read_info(data: bytes) -> Info:
    """Return what IPT_SO_GET_INFO answered."""
    words = struct.unpack("=32x13I", data[:INFO_SIZE])
    return Info(words[0], words[1:6], words[6:11], words[12])


def read_chains(family: str, info: Info, blob: bytes) -> Chains:
    """Return the chains of a table; ``blob`` are its entries."""
    form = FORMS[family]
    starts = {
        info.begins[hook]: name for hook, name in enumerate(HOOK_CHAINS) if info.hooks >> hook & 1
    }
    policies = {info.ends[hook] for hook in range(len(HOOK_CHAINS)) if info.hooks >> hook & 1}
    chains: Chains = {}
    names: Dict[int, str] = {}
    pending: List[Tuple[List[Rule], int, bytes, int, Tuple[int, int]]] = []
    rules: List[Rule] = []
    offset, size = 0, len(blob)
    step = struct.Struct("=HH")
    counters = struct.Struct("=QQ")
    target_size = struct.Struct("=H")
    verdict_in = struct.Struct("=i")
    while offset < size:
        if offset in starts:
            rules = chains[starts[offset]] = []
        target, length = step.unpack_from(blob, offset + form.target_offset)
        at = offset + target
        name = blob[at + 2 : at + 2 + NAME_FIELD].split(b"\0", 1)[0]
        if name == b"ERROR":
            label = blob[at + TARGET_HEADER : offset + length].split(b"\0", 1)[0].decode("latin-1")
            if offset + length < size:
                rules = chains[label] = []
                names[offset + length] = label
        elif offset not in policies:
            counted = counters.unpack_from(blob, offset + form.counters)
            body = _counterless(form, blob, offset, length)
            if name or target_size.unpack_from(blob, at)[0] != _STANDARD_SIZE:
                rules.append(Rule(body, name.decode("latin-1"), counted))
            else:
                (verdict,) = verdict_in.unpack_from(blob, at + TARGET_HEADER)
                pending.append((rules, len(rules), body, verdict, counted))
                rules.append(Rule(body, "", counted))
        offset += length
        if length == 0:
            raise ValueError("a table has an entry of no length")
    _name_jumps(chains, names, pending)
    return chains


def _counterless(form: EntryForm, blob: bytes, offset: int, length: int) -> bytes:
    return b"".join(
        (
            blob[offset : offset + form.nfcache],
            b"\0\0\0\0",
            blob[offset + form.target_offset : offset + form.comefrom],
            bytes(form.size - form.comefrom),
            blob[offset + form.size : offset + length],
        )
    )


def _name_jumps(
    chains: Chains,
    names: Dict[int, str],
    pending: List[Tuple[List[Rule], int, bytes, int, Tuple[int, int]]],
) -> None:
    """Put names where jumps have offsets; a policy rule at the end of each user chain goes."""
    for rules, place, body, verdict, counted in pending:
        if verdict >= 0:
            # A verdict that leads to the next rule is none: the rule only counts.
            target = names.get(verdict, "")
        else:
            target = _VERDICTS.get(verdict, str(verdict))
        rules[place] = Rule(named(body, target), target, counted)
    for name in names.values():
        # libiptc ends each chain of users with RETURN.
        if chains[name]:
            chains[name].pop()


def named(body: bytes, target: str) -> bytes:
    """Return a rule with a standard target that has a name in place of its verdict."""
    at = len(body) - _STANDARD_SIZE
    name = target.encode("latin-1").ljust(NAME_FIELD, b"\0")
    return body[: at + 2] + name + bytes(_STANDARD_SIZE - 2 - NAME_FIELD)
