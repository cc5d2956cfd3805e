# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks that need the virtual machine: what is measured in it and from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from figures import Figure, compare

HERE = Path(__file__).resolve().parent
# The tests' tools are programs beside each other, not a package.
sys.path.insert(0, str(HERE.parent / "tooling"))

from machine import Machine, play_environment  # noqa: E402
from places import CHECKOUT, VENV_BIN  # noqa: E402

MACHINE = Machine("bench")
INSIDE = "/opt/sluice/ansible_collections/sluice/edge/tests/bench/inside"
WORK = CHECKOUT / "build/bench"
PLAY_ROUNDS = 5
SERVICES = 10
SERVERS = 100


def create() -> None:
    """Boot the machine, and bring the checkout into it."""
    WORK.mkdir(parents=True, exist_ok=True)
    MACHINE.do("create")
    MACHINE.do("push")


def destroy() -> None:
    """End the machine."""
    MACHINE.do("destroy")


def ipvs_figures() -> list[Figure]:
    """Return the figures of 10,000 real servers."""
    runs = _inside("ipvs.py")
    apply, noop = runs["apply"], runs["noop"]
    return [
        compare("ipvs-apply-10k", apply["engine"], "ipvsadm --restore", apply["restore"], 1.0),
        compare("ipvs-task-10k", apply["task"], "ipvsadm --restore", apply["restore"], 1.0),
        compare("ipvs-noop-10k", noop["engine"], "the dump itself", noop["dump"], 1.2),
    ]


def restore_figures() -> list[Figure]:
    """Return the figure of what a boot brings back."""
    runs = _inside("restore.py")
    peers = "ipvsadm --restore + nft -f + ip -batch"
    return [compare("boot-restore", runs["own"], peers, runs["peer"], 1.5)]


def play_figures() -> list[Figure]:
    """Return the figure of a whole play, started on the controller."""
    variables = WORK / "services.json"
    variables.write_text(json.dumps({"bench_services": _services()}))
    inventory = WORK / "hosts.ini"
    MACHINE.write_inventory(inventory)
    first = _play(inventory, "services.yml", "-e", f"@{variables}")
    if "changed=1" not in first[1]:
        raise SystemExit("the first run of services.yml changed nothing")
    _play(inventory, "ping.yml")
    own, peer = [], []
    for _round in range(PLAY_ROUNDS):
        peer.append(_play(inventory, "ping.yml")[0])
        seconds, output = _play(inventory, "services.yml", "-e", f"@{variables}")
        if "changed=0" not in output:
            raise SystemExit("services.yml changed something that was there already")
        own.append(seconds)
    return [compare("play-noop-1000", own, "a play with one ping", peer, 2.0)]


def _services() -> list[dict[str, object]]:
    return [
        {
            "address": f"10.0.0.{service + 1}",
            "port": 80,
            "servers": [
                {"address": f"10.{service + 1}.0.{server + 1}", "forward_method": "masquerade"}
                for server in range(SERVERS)
            ],
        }
        for service in range(SERVICES)
    ]


def _play(inventory: Path, name: str, *options: str) -> tuple[float, str]:
    """Run one of the plays; return its wall time in seconds and its output."""
    program = str(VENV_BIN / "ansible-playbook")
    start = time.perf_counter()
    done = subprocess.run(
        [program, "-i", str(inventory), str(HERE / "plays" / name), *options],
        env=play_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout}")
    return seconds, done.stdout


def _inside(program: str) -> Any:
    """Run one of the programs for the machine; return what it printed."""
    return json.loads(MACHINE.on("director", "python3", f"{INSIDE}/{program}"))
