# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz the parsers by hand.

python tests/proxy/fuzz/run.py [--seconds 600] [--seed N] [TARGET ...]
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from random import Random, SystemRandom

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parents[1] / "roles" / "proxy" / "files")]

from fuzz.mutation import Mutator  # noqa: E402
from fuzz.targets import TARGETS  # noqa: E402


def main() -> int:
    """Run until the time is over; return 1 after the first input with a bad verdict."""
    options = argparse.ArgumentParser(description="Fuzz the parsers of the proxy.")
    options.add_argument("--seconds", type=float, default=600.0, help="processor time, all targets")
    options.add_argument("--seed", type=int, default=SystemRandom().randrange(1 << 32))
    options.add_argument("targets", nargs="*", default=list(TARGETS), metavar="TARGET")
    arguments = options.parse_args()
    print(f"seed {arguments.seed}")
    for name in arguments.targets:
        target = TARGETS[name]
        mutator = Mutator(Random(arguments.seed), target.seeds, target.words)
        until = time.process_time() + arguments.seconds / len(arguments.targets)
        count = 0
        while time.process_time() < until:
            data = mutator.next()
            count += 1
            try:
                verdict = target.verdict(data)
            except Exception as error:  # noqa: BLE001 - a crash is what is looked for
                verdict = f"crash: {error!r}"
            if verdict is not None:
                print(f"{name}: input {count}: {data!r}\n{verdict}")
                return 1
        print(f"{name}: {count} inputs, nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
