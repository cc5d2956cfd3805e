# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profiles that the benchmarks declare, and where they are converged."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles

DESTINATIONS = 3


def declaration(netns: str, profiles: int, weight: int = 1) -> dict[str, Any]:
    """Return the parameters of one dnat_profile task; ``weight`` is one destination's."""
    config = [
        {
            "name": f"profile{number}",
            "address": f"10.{number >> 8}.{number & 255}.1",
            "port": 80,
            "side": "proxy",
            "destinations": [
                {"address": f"172.{16 + place}.{number >> 8}.{number & 255}", "port": 8080}
                for place in range(DESTINATIONS)
            ],
        }
        for number in range(profiles)
    ]
    config[profiles // 2]["destinations"][0]["weight"] = weight
    return {"config": config, "purge": False, "netns": netns}


@contextmanager
def namespace(name: str) -> Iterator[None]:
    """Have a network namespace of this name during the body."""
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def converge(params: dict[str, Any], changed: bool) -> None:
    """Converge; ends the benchmark when it did not do what the round is about."""
    if converge_profiles(params, check=False, with_diff=False)["changed"] != changed:
        raise SystemExit(f"converging {'changed nothing' if changed else 'changed something'}")
