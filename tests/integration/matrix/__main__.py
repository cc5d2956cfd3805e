# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The matrix for playbooks: print a state's declaration, or hold what ipvsadm printed against it.

python3 tests/integration/matrix config STATE [--without SCHEDULER]
python3 tests/integration/matrix restore STATE [--without SCHEDULER]
ipvsadm -Sn; ipvsadm -Ln --thresholds | python3 tests/integration/matrix compare STATE
"""

from __future__ import annotations

import argparse
import difflib
import json
import sys

import ipvsadm
from generate import states


def main() -> int:
    """Run one command; return 1 when ipvsadm does not show the state."""
    parser = argparse.ArgumentParser(description="The matrix of virtual services.")
    parser.add_argument("command", choices=["config", "restore", "compare"])
    parser.add_argument("state")
    parser.add_argument("--without", action="append", default=[], metavar="SCHEDULER")
    options = parser.parse_args()
    state = states(frozenset(options.without))[options.state]
    if options.command == "config":
        print(json.dumps(state))
    elif options.command == "restore":
        print("\n".join(ipvsadm.restorable(state)))
    else:
        return compare(state, sys.stdin.read().splitlines())
    return 0


def compare(state: list[ipvsadm.Entry], printed: list[str]) -> int:
    """Say where what ipvsadm printed differs from a state; return 1 when it does."""
    found = sorted(line for line in printed if line.startswith("-"))
    found += ipvsadm.read_thresholds(printed)
    wanted = ipvsadm.saved(state) + ipvsadm.thresholds(state)
    difference = list(difflib.unified_diff(wanted, found, "declared", "ipvsadm", n=0, lineterm=""))
    print("\n".join(difference[:40]) or "%d lines agree" % len(wanted))
    return 1 if difference else 0


if __name__ == "__main__":
    sys.exit(main())
