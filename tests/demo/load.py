# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the client: requests without a pause until told to stop, then what came of them.

Usage: load.py URL STOP-FILE. Prints one JSON object: answers by real server, and failures.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path

LONGEST = 300.0


def main() -> None:
    url, stop = sys.argv[1], Path(sys.argv[2])
    answers: Counter[str] = Counter()
    failures: list[str] = []
    end = time.monotonic() + LONGEST
    while not stop.exists() and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                answers[answer.read().decode().strip()] += 1
        except OSError as error:
            failures.append(str(error))
    print(json.dumps({"answers": dict(answers), "failures": failures}))


if __name__ == "__main__":
    main()
