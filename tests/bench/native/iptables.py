# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles on legacy xtables beside python-iptables, in a network namespace; prints raw seconds.

Needs root. The peer makes the same rules with python-iptables' own objects and one commit: the
collection finds nothing to change in them.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import iptc

from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.layout import chain_of
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.bench.native.dnat import (
    converge,
    declaration,
    namespace,
)
from ansible_collections.sluice.edge.tests.bench.timing import timed

PROFILES = 1000
ROUNDS = 3
PREROUTING, POSTROUTING = "SLUICE-PREROUTING", "SLUICE-POSTROUTING"


def rule(target: str, said: str, **more: str) -> Any:
    """Return a rule with a comment."""
    made = iptc.Rule()
    for name, value in more.items():
        setattr(made, name, value)
    made.create_match("comment").comment = said
    made.target = iptc.Target(made, target)
    return made


def peer(netns: str, config: list[dict[str, Any]]) -> None:
    """Make the rules of profiles with python-iptables."""
    with network_namespace(netns):
        table = iptc.Table("nat", autocommit=False)
        table.refresh()
        dispatch, masquerade = table.create_chain(PREROUTING), table.create_chain(POSTROUTING)
        for profile in sorted(config, key=lambda each: str(each["name"])):
            own = table.create_chain(chain_of(profile["name"]))
            fill(own, profile)
            entry = rule(own.name, profile["name"], protocol="tcp", dst=profile["address"])
            entry.create_match("tcp").dport = str(profile["port"])
            dispatch.append_rule(entry)
            for source in sorted(each["address"] for each in profile["destinations"]):
                entry = rule("MASQUERADE", profile["name"], protocol="tcp", src=source)
                called = entry.create_match("conntrack")
                called.ctstate = "DNAT"
                called.ctorigdst = profile["address"]
                called.ctorigdstport = str(profile["port"])
                entry.create_match("addrtype").src_type = "!LOCAL"
                masquerade.append_rule(entry)
        iptc.Chain(table, "PREROUTING").insert_rule(rule(PREROUTING, "sluice"))
        door = rule(POSTROUTING, "sluice")
        door.create_match("conntrack").ctstate = "DNAT"
        iptc.Chain(table, "POSTROUTING").insert_rule(door)
        table.commit()
        table.close()


def fill(chain: Any, profile: dict[str, Any]) -> None:
    """Make the chain of one profile with destinations of the same weight."""
    said = "sluice %s tcp %s %d proxy random affinity 0 masquerade hairpin empty reject open"
    chain.append_rule(rule("", said % (profile["name"], profile["address"], profile["port"])))
    left = len(profile["destinations"])
    for target in sorted(profile["destinations"], key=lambda each: str(each["address"])):
        entry = rule("DNAT", "weight 1", protocol="tcp")
        if left > 1:
            chance = entry.create_match("statistic")
            chance.mode = "random"
            chance.probability = "%.17f" % (1 / left)
        left -= 1
        entry.target.to_destination = "%s:%d" % (target["address"], target["port"])
        chain.append_rule(entry)


def main() -> None:
    """Print the seconds of every round; the number of profiles may be given, to try it out."""
    profiles = int(sys.argv[1]) if len(sys.argv) > 1 else PROFILES
    netns = f"sluice-bench-iptables-{os.getpid()}"
    runs: dict[str, list[float]] = {"own": [], "peer": [], "same": []}
    with namespace(netns):
        params = {**declaration(netns, profiles), "backend": "iptables"}
        away = {**params, "config": [], "purge": True}
        # Kernel parameters are set once, and the library is loaded for both.
        converge(params, True)
        converge(away, True)
        for _round in range(ROUNDS):
            runs["peer"].append(timed(peer, netns, params["config"]))
            converge(params, False)
            converge(away, True)
            runs["own"].append(timed(converge, params, True))
            runs["same"].append(timed(converge, params, False))
            converge(away, True)
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
