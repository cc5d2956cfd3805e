# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The numbers as text: what Prometheus' format demands, whatever routes are called."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.observe.metrics import BUCKETS, Metrics

SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ([0-9.e+-]+|\+Inf)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)')
UNESCAPED = {'\\"': '"', "\\\\": "\\", "\\n": "\n"}


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return the samples by name and labels; each is there once, below its type."""
    found: dict[tuple[str, tuple[tuple[str, str], ...]], float] = {}
    types: dict[str, str] = {}
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# TYPE "):
            _hash, _type, name, kind = line.split(" ")
            assert name not in types
            types[name] = kind
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            base = re.sub("_(bucket|sum|count)$", "", name)
            assert types.get(name) in ("counter", "gauge") or types.get(base) == "histogram"
            pairs = LABEL.findall(labels or "")
            assert "".join(f'{key}="{text}",' for key, text in pairs) in ((labels or "") + ",", "")
            unescaped = tuple(
                (key, re.sub(r"\\.", lambda one: UNESCAPED[one[0]], text)) for key, text in pairs
            )
            assert (name, unescaped) not in found
            found[name, unescaped] = float(value)
    return found


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(max_size=3))
def test_any_name_is_a_label(route: str, target: str) -> None:
    made = Metrics()
    made.of(route, target).count(200, 0.2, 3, 4)
    made.add("sluice_x_total", 2, (("reason", route),))
    found = samples(made.render({}))

    labels = (("route", route), ("target", target))
    assert found["sluice_requests_total", (*labels, ("status", "200"))] == 1
    assert found["sluice_response_bytes_total", labels] == 4
    assert found["sluice_x_total", (("reason", route),)] == 2


@given(st.lists(st.floats(0, 100), max_size=30))
def test_buckets_add_up_to_the_count(durations: list[float]) -> None:
    made = Metrics()
    for seconds in durations:
        made.of("r", "t").count(200, seconds, 0, 0)
    found = samples(made.render({}))
    labels = (("route", "r"), ("target", "t"))
    name = "sluice_request_duration_seconds"

    for bound in BUCKETS if durations else ():
        below = sum(seconds <= bound for seconds in durations)
        assert found[name + "_bucket", (*labels, ("le", repr(bound)))] == below
    if durations:
        assert found[name + "_bucket", (*labels, ("le", "+Inf"))] == len(durations)
        assert found[name + "_count", labels] == len(durations)
        assert abs(found[name + "_sum", labels] - sum(durations)) < 0.001


def test_numbers_of_what_is_not_in_force_are_forgotten() -> None:
    made = Metrics()
    made.of("stays", "t").count(200, 0.1, 1, 1)
    made.of("goes", "t").count(200, 0.1, 1, 1)
    made.in_flight = {("stays", "t"): 1, ("goes", "t"): 2}
    made.keep_only({("stays", "t"), ("new", "t")})

    assert set(made.traffic) == {("stays", "t")}
    assert made.in_flight == {("stays", "t"): 1}


def test_what_is_under_way_is_told_of_everything_that_was_ever_asked() -> None:
    made = Metrics()
    made.of("r", "done").count(200, 0.1, 1, 1)
    made.in_flight = {("r", "first"): 2, ("r", ""): 1}
    found = samples(made.render({}))

    told = {labels: n for (name, labels), n in found.items() if name == "sluice_requests_in_flight"}
    assert told == {
        (("route", "r"), ("target", "")): 1,
        (("route", "r"), ("target", "done")): 0,
        (("route", "r"), ("target", "first")): 2,
    }
