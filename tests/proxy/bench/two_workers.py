# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests a second of two workers beside one, in turn; prints the runs as JSON.

With four processors or more, two are the proxy's and the others are the client's and the origin's.
With fewer the second worker shares its processor with them: the figure says little then.
"""

from __future__ import annotations

import json
import os
import sys

from bench.load import Measured, columns, load
from bench.processes import OTHER_PROCESSOR
from bench.scene import Scene

ROUNDS = 4
SECONDS = 2
ENOUGH_PROCESSORS = 4


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    processors = os.cpu_count() or 1
    enough = processors >= ENOUGH_PROCESSORS
    others = f"2-{processors - 1}" if enough else OTHER_PROCESSOR
    runs: dict[str, list[Measured]] = {"one": [], "two": []}
    with Scene(origin_processors=others) as scene:
        one = scene.start("sluice")
        two = scene.start("sluice", workers=2, processors="0,1")
        for _unused in range(rounds):
            for name, (process, place) in (("one", one), ("two", two)):
                url = f"http://127.0.0.1:{place.plain}/small"
                runs[name].append(load(process, url, SECONDS, processors=others))
    print(
        json.dumps(
            {
                "processors": processors,
                "enough": enough,
                **{name: columns(found) for name, found in runs.items()},
            }
        )
    )


if __name__ == "__main__":
    main()
