# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy's bars are those that its documentation names."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
RUN = {"rate": [100.0, 110.0], "microseconds": [10.0, 9.0]}
PEERS = dict.fromkeys(("nginx", "haproxy", "caddy", "sluice"), RUN)
TIMES = {name: {"p50": [1.0], "p99": [2.0]} for name in ("nginx", "haproxy", "sluice")}
MEASURED: dict[str, Any] = {
    "throughput": dict.fromkeys(("http", "tls", "100k"), PEERS),
    "latency": {"rate": 3000, "runs": TIMES},
    "many_routes": {"one": RUN, "many": RUN, "spread": RUN},
    "idle": [2000.0],
    "declaring": {
        "first": [2.0], "noop": [0.5], "one": [1.0], "read": [0.3],
        "p99-before": [1.0], "p99-during": [1.5],
    },
    "demanding": {
        "p99-before": [1.0], "p99-meanwhile": [1.5], "refused": [1000.0], "asked": [100],
    },
    "many_certificates": {"starts": [1.0], "handshakes": [0.01], "resident": [1000]},
}  # fmt: skip


def documented() -> dict[str, tuple[str, float]]:
    """Return direction and bar by the name of each figure in performance.md."""
    text = (CHECKOUT / "docs/proxy/performance.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `(proxy-[\w-]+)` \| at (least|most) ([\d.]+) (\S+)", text)
    kilo = {"KiB": 1024}
    return {name: (way, float(least) * kilo.get(unit, 1)) for name, way, least, unit in rows}


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(CHECKOUT / "tests/bench"))
    return importlib.import_module("proxy")


@pytest.mark.parametrize("processors", [2, 4])
def test_every_bar_is_the_one_of_the_documentation(
    proxy: Any, monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    workers = {"processors": processors, "enough": processors >= 4, "one": RUN, "two": RUN}
    runs = {**MEASURED, "two_workers": workers}
    monkeypatch.setattr(proxy, "_measured", lambda name: runs[name])
    figures = [
        figure
        for name in dir(proxy)
        if name.endswith("_figures")
        for figure in getattr(proxy, name)()
    ]
    assert {one.name: (one.limit_is, one.limit) for one in figures} == documented()
    (two,) = (one for one in figures if one.name == "proxy-two-workers")
    # Equal rates miss the bar; with too few processors that is said, and not judged.
    assert (two.met, bool(two.note)) == ((False, False) if processors >= 4 else (None, True))
