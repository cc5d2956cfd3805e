# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every case of the corpus: what is refused, and what exactly is sent on."""

from __future__ import annotations

from collections import Counter

import pytest
from corpus.case import Case
from corpus.replay import replay
from corpus.smuggling import CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_sent_on_or_refused_as_the_corpus_says(case: Case) -> None:
    result = replay(case.raw)

    assert result.sent == list(case.sent)
    assert result.refused == case.refused
    assert not result.unfinished


@pytest.mark.parametrize("case", [case for case in CASES if case.sent], ids=lambda case: case.name)
def test_what_is_sent_on_passes_the_gate_unchanged(case: Case) -> None:
    for sent in case.sent:
        again = replay(sent)

        assert again.sent == [sent]
        assert again.refused is None


def test_the_corpus_has_at_least_200_cases_that_are_all_different() -> None:
    assert len({case.raw for case in CASES}) >= 200
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []
