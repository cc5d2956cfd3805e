# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A benchmark's figures are compared pair by pair, and a missed bar shows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.sluice.edge.tests.bench.figures import (
    as_json,
    as_table,
    at_least,
    at_most,
    beyond,
    compare,
    within,
)


def test_ratio_is_the_median_of_the_pairs_not_of_the_sums() -> None:
    # The machine got ten times slower from the second round on.
    figure = compare("x", [1.0, 10.0, 10.0], "peer", [2.0, 20.0, 20.0], 1.0)
    assert figure.ratio == 0.5
    assert figure.met


def test_one_slow_round_does_not_decide() -> None:
    figure = compare("x", [1.0, 9.0, 1.0], "peer", [1.0, 1.0, 1.0], 1.0)
    assert figure.ratio == 1.0


def test_a_ratio_above_the_bar_is_not_met_and_the_table_says_so() -> None:
    figure = compare("slow-thing", [3.0], "peer", [2.0], 1.2)
    assert not figure.met
    assert "NO" in as_table([figure])
    assert "slow-thing" in as_table([figure])


def test_what_is_beyond_the_peer_is_the_median_of_the_differences() -> None:
    figure = beyond("x", [2.5, 20.1, 2.2], "peer", [2.0, 20.0, 2.0], 0.3)
    assert (figure.figure, figure.peer_figure, figure.ratio, figure.met) == (0.2, 2.0, None, True)


def test_what_is_too_far_beyond_the_peer_is_not_met_and_the_table_says_so() -> None:
    figure = beyond("x", [2.5], "peer", [2.0], 0.3)
    assert not figure.met
    assert "≤ 0.30 s" in as_table([figure])
    assert "NO" in as_table([figure])


def test_runs_without_their_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare("x", [1.0, 2.0], "peer", [1.0], 1.0)


def test_the_file_is_a_list_of_objects_with_ten_keys() -> None:
    (entry,) = json.loads(as_json([compare("x", [1.0], "peer", [4.0], 1.0)]))
    assert entry == {
        "name": "x",
        "figure": 1.0,
        "unit": "s",
        "peer": "peer",
        "peer_figure": 4.0,
        "ratio": 0.25,
        "bar": 1.0,
        "met": True,
        "bar_is": "most",
        "note": "",
    }


def test_without_a_ratio_the_bar_is_the_figures() -> None:
    (entry,) = json.loads(as_json([beyond("x", [1.25], "peer", [1.0], 0.3)]))
    assert (entry["figure"], entry["ratio"], entry["bar"]) == (0.25, None, 0.3)


def test_of_what_is_better_the_more_it_is_the_bar_is_the_least() -> None:
    figure = at_least("x", [60.0, 30.0], "requests/s", "peer", [100.0, 50.0], 0.6)
    assert (figure.ratio, figure.met, figure.limit_is) == (0.6, True, "least")
    assert "≥ 0.60" in as_table([figure])
    assert not at_least("x", [59.0], "requests/s", "peer", [100.0], 0.6).met


def test_of_what_is_better_the_less_it_is_the_bar_is_the_most() -> None:
    figure = at_most("x", [4.0], "ms", "peer", [2.0], 2.0)
    assert (figure.ratio, figure.met, figure.unit) == (2.0, True, "ms")
    assert not at_most("x", [4.1], "ms", "peer", [2.0], 2.0).met


def test_a_figure_without_a_peer_has_a_bar_of_its_own() -> None:
    figure = within("x", [7000.0, 5000.0, 6000.0], "bytes", 6144)
    assert (figure.figure, figure.peer_figure, figure.ratio, figure.met) == (6000, None, None, True)
    assert "≤ 6144.00 bytes" in as_table([figure])
    assert not within("x", [6145.0], "bytes", 6144).met


def test_what_a_machine_cannot_tell_is_neither_met_nor_missed_and_says_why() -> None:
    figure = at_least("two", [1.0], "requests/s", "one", [1.0], 1.7)
    unknown = replace(figure, met=None, note="two processors are not enough")
    table = as_table([unknown])
    assert "not judged" in table
    assert table.endswith("two: two processors are not enough")
    assert json.loads(as_json([unknown]))[0]["met"] is None
