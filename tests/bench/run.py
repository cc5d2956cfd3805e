# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures the collection beside its peers, in one VM and one run; writes build/bench.json.

Exit status 1 when a bar is missed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from figures import Figure, as_json, as_table, compare

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
VM = [sys.executable, str(CHECKOUT / "molecule/vm/vm.py")]
MACHINE = "bench"
INSIDE = "/opt/sluice/ansible_collections/sluice/edge/tests/bench/inside.py"
WORK = CHECKOUT / "build/bench"
RESULT = CHECKOUT / "build/bench.json"
PLAY_ROUNDS = 5
SERVICES = 10
SERVERS = 100


def main() -> int:
    """Run every benchmark; return the exit status."""
    WORK.mkdir(parents=True, exist_ok=True)
    vm("create")
    try:
        vm("push")
        say("10,000 real servers inside the VM: the collection and ipvsadm in turn")
        figures = inside_figures()
        say("1,000 real servers from outside: a play that changes nothing and a ping in turn")
        figures.append(play_figure())
    finally:
        vm("destroy")
    RESULT.write_text(as_json(figures))
    print(f"\n{as_table(figures)}\n\nwritten to {RESULT.relative_to(CHECKOUT)}")
    return 0 if all(figure.met for figure in figures) else 1


def inside_figures() -> list[Figure]:
    """Return the figures of the benchmarks that run inside the VM."""
    runs = json.loads(vm("run", "director", "--", "python3", INSIDE, capture=True))
    apply, noop = runs["apply"], runs["noop"]
    return [
        compare("ipvs-apply-10k", apply["engine"], "ipvsadm --restore", apply["restore"], 1.0),
        compare("ipvs-task-10k", apply["task"], "ipvsadm --restore", apply["restore"], 1.0),
        compare("ipvs-noop-10k", noop["engine"], "the dump itself", noop["dump"], 1.2),
    ]


def play_figure() -> Figure:
    """Return the figure of a whole play, started on the controller."""
    variables = WORK / "services.json"
    variables.write_text(json.dumps({"bench_services": services()}))
    inventory = WORK / "hosts.ini"
    inventory.write_text(vm("inventory", capture=True))
    first = play(inventory, "services.yml", "-e", f"@{variables}")
    if "changed=1" not in first[1]:
        raise SystemExit("the first run of services.yml changed nothing")
    play(inventory, "ping.yml")
    own, peer = [], []
    for _round in range(PLAY_ROUNDS):
        peer.append(play(inventory, "ping.yml")[0])
        seconds, output = play(inventory, "services.yml", "-e", f"@{variables}")
        if "changed=0" not in output:
            raise SystemExit("services.yml changed something that was there already")
        own.append(seconds)
    return compare("play-noop-1000", own, "a play with one ping", peer, 2.0)


def services() -> list[dict[str, object]]:
    """Return the declaration of 1,000 real servers."""
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


def play(inventory: Path, name: str, *options: str) -> tuple[float, str]:
    """Run one of the plays; return its wall time in seconds and its output."""
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build/collections"),
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_STDOUT_CALLBACK": "default",
    }
    program = str(Path(sys.executable).with_name("ansible-playbook"))
    start = time.perf_counter()
    done = subprocess.run(
        [program, "-i", str(inventory), str(HERE / "plays" / name), *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stdout}")
    return seconds, done.stdout


def vm(*words: str, capture: bool = False) -> str:
    """Run a command of the VM harness on the machine of the benchmarks."""
    done = subprocess.run(
        [*VM, words[0], "--name", MACHINE, *words[1:]],
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if capture else None,
    )
    return done.stdout or ""


def say(text: str) -> None:
    print(f"=== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
