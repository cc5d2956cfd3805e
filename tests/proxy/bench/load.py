# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""As many requests as there can be: wrk, on kept connections."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from bench.processes import OTHER_PROCESSOR, Pinned, command

CONNECTIONS = 64


class Measured(NamedTuple):
    """What a run found: requests a second, and processor time of the proxy for each of them."""

    rate: float
    microseconds: float


def load(
    process: Pinned, url: str, seconds: int, *options: str, processors: str = OTHER_PROCESSOR
) -> Measured:
    """Load a proxy for so many seconds; ends the program when a request fails."""
    before = process.seconds()
    words = [command("taskset"), "-c", processors, command("wrk"), "-t1", f"-c{CONNECTIONS}"]
    words += [f"-d{seconds}s", *options, url]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent = process.seconds() - before
    if "Socket errors" in text or "Non-2xx" in text:
        raise SystemExit(f"requests failed at {url}:\n{text}")
    requests = _number(r"(\d+) requests in", text)
    return Measured(_number(r"Requests/sec:\s+([\d.]+)", text), spent * 1e6 / requests)


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk said nothing of {pattern}:\n{text}")
    return float(found[1])


def columns(runs: Sequence[Measured]) -> dict[str, list[float]]:
    """Return runs as the figures of a benchmark are made of them."""
    return {
        "rate": [run.rate for run in runs],
        "microseconds": [run.microseconds for run in runs],
    }
