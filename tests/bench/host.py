# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks that this machine's own kernel can run, in a network namespace; needs root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from figures import Figure, beyond, compare

HERE = Path(__file__).resolve().parent
COLLECTIONS = HERE.parents[1] / "build/collections"


def nftables_figures() -> list[Figure]:
    """Return the figures of 10,000 profiles of three destinations."""
    runs = _native("nftables.py")
    apply, look = runs["apply"], runs["look"]
    listing, same = "nft -j list table", "a task that changes nothing"
    return [
        compare("dnat-nft-apply-10k", apply["own"], "nft -f", apply["peer"], 1.5),
        compare("dnat-nft-noop-10k", look["same"], listing, look["listed"], 1.5),
        beyond("dnat-nft-one-of-10k", look["one"], same, look["same"], 0.3),
    ]


def iptables_figures() -> list[Figure]:
    """Return the figure of 1,000 profiles of three destinations."""
    runs = _native("iptables.py")
    return [compare("dnat-iptables-1k", runs["own"], "python-iptables", runs["peer"], 2.0)]


def _native(program: str) -> Any:
    """Run one of the programs for this machine; return what it printed."""
    done = subprocess.run(
        [sys.executable, str(HERE / "native" / program)],
        check=True,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)
