# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles on legacy iptables beside python-iptables, in a network namespace of this machine.

Needs root; prints raw seconds. The peer builds the very rules, as its users do, from words, and
commits them at once. Each round measures the collection and its peer one right after the other.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from typing import Any, NamedTuple

import iptc

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.bench.native.profiles import (
    converge,
    declaration,
    namespace,
)
from ansible_collections.sluice.edge.tests.bench.timing import timed

PROFILES = 1000
ROUNDS = 3
_IN_RULE = {"-s": "src", "-d": "dst", "-p": "protocol"}


class Extension(NamedTuple):
    """A match or a target with its parameters."""

    name: str
    parameters: list[tuple[str, str]]


class Words(NamedTuple):
    """A rule in the words of iptables-save."""

    chain: str
    fields: dict[str, str]
    matches: list[Extension]
    target: Extension | None


def parse(line: str) -> Words:
    """Return the rule of a line that begins with -A."""
    words = shlex.split(line)
    found = Words(words[1], {}, [], None)
    current = Extension("", [])
    negated = ""
    place = 2
    while place < len(words):
        option, value = words[place], words[place + 1] if place + 1 < len(words) else ""
        if option == "!":
            negated, place = "!", place + 1
            continue
        if option in _IN_RULE:
            found.fields[_IN_RULE[option]] = negated + value
        elif option == "-m":
            current = Extension(value, [])
            found.matches.append(current)
        elif option == "-j":
            current = Extension(value, [])
            found = found._replace(target=current)
        else:
            current.parameters.append((option.lstrip("-"), negated + value))
        negated, place = "", place + 2
    return found


def build(rules: list[Words], chains: list[str]) -> None:
    """Make the chains and their rules by python-iptables, in one commit."""
    table = iptc.Table(iptc.Table.NAT, autocommit=False)
    table.refresh()
    for name in chains:
        table.create_chain(name)
    for words in rules:
        rule = iptc.Rule()
        for field, value in words.fields.items():
            setattr(rule, field, value)
        for name, parameters in words.matches:
            match = rule.create_match(name)
            for parameter, value in parameters:
                # A text is split at its blanks, and only a text may begin with an exclamation mark.
                match.set_parameter(parameter, [value] if " " in value else value)
        # A rule without a target is one with the standard target and no verdict.
        target = iptc.Target(rule, words.target.name if words.target else "")
        for parameter, value in words.target.parameters if words.target else ():
            target.set_parameter(parameter, value)
        rule.target = target
        iptc.Chain(table, words.chain).append_rule(rule)
    table.commit()
    table.close()


def save() -> list[str]:
    """Return the lines of iptables-save for the table nat, without counters."""
    command = ["iptables-legacy-save", "-t", "nat"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line for line in text.splitlines() if not line.startswith("#")]


def empty() -> None:
    """Leave no rule and no chain of ours in the table nat."""
    for option in ("-F", "-X"):
        subprocess.run(["iptables-legacy", "-t", "nat", option], check=True)


def runs(params: dict[str, Any]) -> dict[str, list[float]]:
    """Measure a task on an empty table against building and committing what it makes."""
    converge(params, True)
    wanted = save()
    rules = [parse(line) for line in wanted if line.startswith("-A")]
    chains = [line[1:].split()[0] for line in wanted if line.startswith(":SLUICE")]
    own, peer = [], []
    for _round in range(ROUNDS):
        empty()
        peer.append(timed(build, rules, chains))
        if sorted(save()) != sorted(wanted):
            raise SystemExit("python-iptables made other rules than the collection")
        empty()
        own.append(timed(converge, params, True))
    return {"own": own, "peer": peer}


def main() -> None:
    """Print the seconds of every round; the number of profiles may be given, to try it out."""
    profiles = int(sys.argv[1]) if len(sys.argv) > 1 else PROFILES
    netns = f"sluice-bench-{os.getpid()}"
    with namespace(netns), network_namespace(netns):
        params = dict(declaration(netns, profiles), backend="iptables")
        print(json.dumps(runs(params)))


if __name__ == "__main__":
    main()
