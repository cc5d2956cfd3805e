# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a record's text is told in one clause, whatever it is."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._record.text import (
    BrokenRecord,
    decode,
    encode,
)

VALUES = st.one_of(st.integers(), st.booleans(), st.text(), st.none())
RESOURCES = st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=4)
SAMPLE: List[Dict[str, Any]] = [
    {"address": "192.0.2.1", "servers": [{"address": "10.0.0.1"}]},
    {"address": "2001:db8::1", "label": "]}"},
]


@given(RESOURCES)
def test_what_is_written_is_read_again(resources: List[Dict[str, Any]]) -> None:
    assert decode(encode(resources)) == resources


@pytest.mark.parametrize("length", range(len(encode(SAMPLE)) - 1))
def test_a_text_cut_anywhere_is_empty_or_truncated(length: int) -> None:
    text = encode(SAMPLE)[:length]
    with pytest.raises(BrokenRecord, match=r"^is (empty|truncated after \d+ characters)$"):
        decode(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("\0\0\0\0", "is not JSON"),
        ("hello", "is not JSON"),
        ('{"format": 1, "resources": [}]}', "is not JSON"),
        ("[]", "is not a record: it names no format"),
        ("{}", "is not a record: it names no format"),
        ('{"format": "1", "resources": []}', "is not a record: it names no format"),
        ('{"format": true, "resources": []}', "is not a record: it names no format"),
        ('{"format": 0, "resources": []}', "is not a record: it names no format"),
        ('{"format": 1}', "is not a record: it has no list of resources"),
        ('{"format": 1, "resources": {}}', "is not a record: it has no list of resources"),
        ('{"format": 1, "resources": [1]}', "is not a record: it has no list of resources"),
        ('{"format": 2, "whatever": 0}', "has the newer format 2, and this version reads up to 1"),
    ],
)
def test_each_kind_of_broken_text_is_told_apart(text: str, reason: str) -> None:
    with pytest.raises(BrokenRecord) as caught:
        decode(text)
    assert str(caught.value).startswith(reason)
    assert "\n" not in str(caught.value)
