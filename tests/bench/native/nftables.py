# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles on nftables beside nft, in a network namespace of this machine; prints raw seconds.

Needs root. Each round measures the collection and its peer one right after the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.sluice.edge.tests.bench.native.profiles import (
    converge,
    declaration,
    namespace,
)
from ansible_collections.sluice.edge.tests.bench.ruleset import TABLE, listed
from ansible_collections.sluice.edge.tests.bench.timing import timed

PROFILES = 10000
APPLY_ROUNDS = 3
LOOK_ROUNDS = 5


class Nft:
    """The command nft in a network namespace."""

    def __init__(self, netns: str) -> None:
        self._command = ["ip", "netns", "exec", netns, "nft"]

    def run(self, *words: str) -> None:
        """Run a command and throw away what it prints."""
        subprocess.run([*self._command, *words], check=True, stdout=subprocess.DEVNULL)

    def ruleset(self) -> str:
        """Return the table as nft can read it back."""
        return listed(self._command)


def apply_runs(params: dict[str, Any], nft: Nft, script: Path) -> dict[str, list[float]]:
    """Measure a task on an empty table against ``nft -f`` of what it makes; leaves it there."""
    converge(params, True)
    script.write_text(nft.ruleset(), encoding="utf-8")
    own, peer = [], []
    for _round in range(APPLY_ROUNDS):
        nft.run("delete", *TABLE)
        peer.append(timed(nft.run, "-f", str(script)))
        nft.run("delete", *TABLE)
        own.append(timed(converge, params, True))
    return {"own": own, "peer": peer}


def look_runs(params: dict[str, Any], nft: Nft, netns: str) -> dict[str, list[float]]:
    """Measure a task that changes nothing, one that changes one profile, and a listing."""
    listing, same, one = [], [], []
    total = len(params["config"])
    for turn in range(LOOK_ROUNDS):
        listing.append(timed(nft.run, "--json", "list", *TABLE))
        same.append(timed(converge, params, False))
        params = declaration(netns, total, weight=2 - turn % 2)
        one.append(timed(converge, params, True))
    return {"listed": listing, "same": same, "one": one}


def main() -> None:
    """Print the seconds of every round; the number of profiles may be given, to try it out."""
    profiles = int(sys.argv[1]) if len(sys.argv) > 1 else PROFILES
    netns = f"sluice-bench-{os.getpid()}"
    with namespace(netns), tempfile.TemporaryDirectory() as directory:
        nft, params = Nft(netns), declaration(netns, profiles)
        applied = apply_runs(params, nft, Path(directory) / "ruleset")
        result = {"apply": applied, "look": look_runs(params, nft, netns)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
