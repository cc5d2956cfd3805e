# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""10,000 routes beside one, in turn; prints the runs as JSON.

The requests are for a host that has a route of its own, and for hosts that are spread over all.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.load import Measured, columns, load
from bench.scene import Scene

ROUTES = 10_000
ROUNDS = 6
SECONDS = 2
_SPREAD = """
local number = 0
request = function()
  number = number % %d + 1
  wrk.headers["Host"] = "h" .. number .. ".example.com"
  return wrk.format("GET", "/small")
end
"""


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    runs: dict[str, list[Measured]] = {"one": [], "many": [], "spread": []}
    with Scene() as scene:
        script = scene.folder / "spread.lua"
        Path(script).write_text(_SPREAD.replace("%d", str(ROUTES - 1)))
        one, many = scene.start("sluice"), scene.start("sluice", routes=ROUTES)
        named = ("-H", f"Host: h{ROUTES // 2}.example.com")
        turns = (
            ("one", one, named),
            ("many", many, named),
            ("spread", many, ("-s", str(script))),
        )
        for _unused in range(rounds):
            for name, (process, place), options in turns:
                url = f"http://127.0.0.1:{place.plain}/small"
                runs[name].append(load(process, url, SECONDS, *options))
    print(json.dumps({name: columns(found) for name, found in runs.items()}))


if __name__ == "__main__":
    main()
