# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of legacy xtables taken apart, and what is said when they cannot be written."""

from __future__ import annotations

import importlib.util
import struct
from typing import Any, Dict, List, Optional, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables import writing
from ansible_collections.sluice.edge.plugins.module_utils._kernel.xtables.blob import (
    FORMS,
    Chains,
    Info,
    read_chains,
    read_info,
)

RETURN, ACCEPT, DROP = -5, -2, -1


class Table:
    """Builds the bytes of a table as the kernel hands them out: chains one after the other."""

    def __init__(self, family: str) -> None:
        self.form = FORMS[family]
        self.blob = b""
        self.places: Dict[str, int] = {}

    def entry(self, target: bytes, counted: Tuple[int, int] = (0, 0)) -> None:
        form = self.form
        head = bytearray(form.size)
        struct.pack_into("=I", head, form.nfcache, 0xABCD)
        struct.pack_into("=HH", head, form.target_offset, form.size, form.size + len(target))
        struct.pack_into("=I", head, form.comefrom, 0x1F)
        struct.pack_into("=QQ", head, form.counters, *counted)
        self.blob += bytes(head) + target

    def verdict(self, verdict: int, counted: Tuple[int, int] = (0, 0)) -> None:
        self.entry(struct.pack("=H29sBi4x", 40, b"", 0, verdict), counted)

    def falls_through(self) -> None:
        self.verdict(len(self.blob) + self.form.size + 40)

    def chain(self, name: bytes) -> None:
        self.entry(struct.pack("=H29sB30s2x", 64, b"ERROR", 0, name))
        self.places[name.decode()] = len(self.blob)


def table(family: str) -> Chains:
    """Return a table with two chains of the kernel and two of users."""
    built = Table(family)
    size, label = built.form.size + 40, built.form.size + 64
    mine = 6 * size + 2 * label
    built.verdict(mine, (3, 180))
    built.falls_through()
    built.verdict(ACCEPT)
    built.verdict(DROP)
    built.verdict(DROP)
    built.chain(b"EMPTY")
    built.verdict(RETURN)
    built.chain(b"MINE")
    built.verdict(ACCEPT)
    built.verdict(RETURN)
    built.verdict(RETURN)
    built.entry(struct.pack("=H29sB30s2x", 64, b"ERROR", 0, b"ERROR"))
    assert built.places["MINE"] == mine
    info = Info(1 << 0 | 1 << 3, (0, 0, 0, 3 * size, 0), (2 * size, 0, 0, 4 * size, 0), 0)
    return read_chains(family, info, built.blob)


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_chains_have_their_rules_and_jumps_their_names(family: str) -> None:
    shown = {name: [each.target for each in rules] for name, rules in table(family).items()}
    assert shown == {
        "PREROUTING": ["MINE", ""],
        "OUTPUT": ["DROP"],
        "EMPTY": [],
        "MINE": ["ACCEPT", "RETURN"],
    }


@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_a_rule_is_the_bytes_that_libiptc_takes(family: str) -> None:
    (jump, _rest) = table(family)["PREROUTING"]
    form = FORMS[family]
    offsets = struct.pack("=HH", form.size, form.size + 40)
    head = bytes(form.target_offset) + offsets + bytes(form.size - form.comefrom)
    assert jump.body == head + struct.pack("=H29sBi4x", 40, b"MINE", 0, 0)
    assert jump.counted == (3, 180)


def test_the_answer_about_a_table_is_read() -> None:
    words = (0x1B, *range(10, 15), *range(20, 25), 7, 4711)
    found = read_info(b"nat".ljust(32, b"\0") + struct.pack("=13I", *words))
    assert found == Info(0x1B, (10, 11, 12, 13, 14), (20, 21, 22, 23, 24), 4711)


def test_an_entry_of_no_length_ends_the_reading() -> None:
    with pytest.raises(ValueError, match="no length"):
        read_chains("ipv4", Info(0, (0,) * 5, (0,) * 5, 0), bytes(200))


def test_a_missing_library_is_named_with_its_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> Optional[Any]:
        assert name == "iptc"
        return None

    monkeypatch.setattr(importlib.util, "find_spec", find)
    with pytest.raises(Unavailable) as caught:
        writing.require_writer()
    assert "apt-get install python3-iptables" in str(caught.value)
    assert "pip install python-iptables" in str(caught.value)


@pytest.mark.parametrize(
    ("complaint", "stale"),
    [
        ("can't commit: b'Resource temporarily unavailable'", True),
        ("can't commit: b'Memory allocation problem'", False),
        ("can't initialize nat: b'Table does not exist (do you need to insmod?)'", False),
    ],
)
def test_refusals_are_one_line_and_say_whether_to_plan_anew(
    monkeypatch: pytest.MonkeyPatch, complaint: str, stale: bool
) -> None:
    class Library:
        class IPTCError(Exception):
            pass

        class Table:
            def __init__(self, name: str, autocommit: bool) -> None:
                assert (name, autocommit) == ("nat", False)
                self.done: List[str] = []

            def refresh(self) -> None:
                self.done.append("refresh")

            def commit(self) -> None:
                assert self.done == ["refresh"], "a table as it was opened long ago"
                raise Library.IPTCError(complaint)

            def close(self) -> None:
                self.done.append("close")

        Table6 = Table

    monkeypatch.setattr(writing, "_load", lambda: Library)
    with pytest.raises(writing.XtablesRefused) as caught:
        writing.Xtables().commit("ipv4", "nat", [])
    assert str(caught.value) == complaint.replace("b'", "").rstrip("'")
    assert caught.value.stale == stale
