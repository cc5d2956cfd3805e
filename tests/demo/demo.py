# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job before your eyes: playbooks/site.yml against real kernels, real requests, proxies.

Boots the VM, whose hosts are a client, a director, two proxies and two web servers; ends it
afterwards unless SLUICE_DEMO_KEEP is set. Exit status 1 when anything is not as it should be.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
# The tests' tools are programs beside each other, not a package.
sys.path.insert(0, str(HERE.parent / "tooling"))

import proxies  # noqa: E402
from client import Client, Result  # noqa: E402
from machine import Machine, play_environment  # noqa: E402
from places import CHECKOUT  # noqa: E402
from proxies import Shown  # noqa: E402
from telling import DemoError, indent, say  # noqa: E402
from wheelhouse import wheelhouse  # noqa: E402

MACHINE = Machine("demo")
CLIENT = Client(MACHINE)
WORK = CHECKOUT / "build/demo"
WEB = ("web1", "web2")
ADDRESSES = (
    ("masquerade", "http://192.0.2.100/"),
    ("direct routing", "http://192.0.2.101/"),
    ("tunnel (ipip)", "http://192.0.2.102/"),
    ("masquerade, IPv6", "http://[2001:db8:1::100]/"),
    ("destination NAT", "http://192.0.2.103:8080/"),
)
REQUESTS = 8


def main() -> int:
    """Run the demo; return the exit status."""
    started = time.monotonic()
    say("1. Start a virtual machine: a client, a director, two proxies and two web servers")
    MACHINE.do("create", "--guest", "debian12-fleet")
    try:
        show()
    except (DemoError, subprocess.CalledProcessError) as error:
        print(f"\nThe demo failed: {error}", flush=True)
        return 1
    finally:
        if os.environ.get("SLUICE_DEMO_KEEP"):
            print(f"The machine stays: {' '.join(MACHINE.command('shell', 'director'))}")
        else:
            MACHINE.do("destroy")
    print(f"The demo took {time.monotonic() - started:.0f} s.")
    return 0


def show() -> None:
    """Everything between the machine's start and its end."""
    inventory = WORK / "hosts.ini"
    MACHINE.write_inventory(inventory)
    for host in WEB:
        MACHINE.on(
            host, "backend", "--name", host, "--port", "80", "--daemon", "--pidfile", "/run/backend"
        )

    say("2. Ask what playbooks/site.yml would change: --check --diff")
    play(inventory, "--check", "--diff")
    nothing = MACHINE.on("director", "ipvsadm", "-Sn")
    if nothing.strip():
        raise DemoError(f"check mode changed the director: {nothing}")
    say("3. Apply it")
    play(inventory)
    say("4. Apply it again: nothing may change")
    changed = changed_hosts(play(inventory))
    if changed:
        raise DemoError(f"the second run changed {', '.join(changed)}")
    print("  every host: changed=0")

    say("5. Send requests from the client to the virtual addresses")
    for method, url in ADDRESSES:
        balance(method, url)
    print(indent(MACHINE.on("director", "ipvsadm", "-Ln")))
    print("  What comes back at the next boot, and is compared with the kernel at any time:")
    print(indent(MACHINE.on("director", "sluice-state", "show")))
    MACHINE.on("director", "sluice-state", "check")

    say("6. Drain web1 while requests go on without a pause")
    drained = drain_under_load(inventory)
    summary(drained, proxies.show(MACHINE, lambda *options: play(inventory, *options)))


def balance(method: str, url: str) -> None:
    """Show who answers, and that both real servers do, one after the other."""
    answers = CLIENT.ask(url, REQUESTS)
    print(f"  {method:17} {url:27} {' '.join(answers)}", flush=True)
    counts = Counter(answers)
    if [counts[host] for host in WEB] != [REQUESTS // 2] * 2:
        raise DemoError(f"{url} was not shared equally: {dict(counts)}")


def drain_under_load(inventory: Path) -> Result:
    """Drain web1 under load; return what the client counted."""
    with CLIENT.load(ADDRESSES[0][1]) as result:
        ansible(
            "ansible",
            "-i",
            str(inventory),
            "director",
            "-m",
            "sluice.edge.ipvs_server",
            "-a",
            json.dumps(
                {
                    "service": {"address": "192.0.2.100", "port": 80},
                    "address": "198.51.100.11",
                    "state": "drained",
                    "drain_timeout": 60,
                }
            ),
        )
        served = CLIENT.ask(ADDRESSES[0][1], REQUESTS)
    print(f"  after the drain the client gets: {' '.join(served)}")
    print(f"  while it went on: {result}")
    if set(served) != {"web2"}:
        raise DemoError(f"web1 still gets requests after it was drained: {served}")
    if result.failures:
        raise DemoError(f"requests failed while web1 was drained: {result.failures}")
    return result


def summary(drained: Result, proxied: Shown) -> None:
    """Say what was seen, for somebody who sees it for the first time."""
    say("What you saw")
    print(
        f"""\
  One playbook made a Linux host a load balancer: virtual addresses, virtual services, real
  servers and destination NAT, in the kernel itself, over IPv4 and IPv6. It said beforehand what
  it would do, did it, and had nothing left to do the second time.
  Requests alternated between web1 and web2 by each of the kernel's ways to forward a packet.
  Then web1 was drained under load: {drained.total} requests, 0 failed.
  Behind one of the addresses, two proxies took TLS off, with certificates of their development
  CAs, and chose the backend: the same playbook installed them and declared their routes. One was
  changed under load: {proxied.changed.total} requests, 0 failed. A worker was killed: \
{proxied.killed.total} requests, {len(proxied.killed.failures)}
  failed with it, and it was replaced.

  Next: README.md for your own hosts, playbooks/site.yml for what ran here, docs/proxy for the
  proxy, and `make vm-shell` to look around inside."""
    )


def play(inventory: Path, *options: str) -> str:
    """Run playbooks/site.yml; return what it printed."""
    return ansible(
        "ansible-playbook",
        "-i",
        str(inventory),
        "-i",
        str(HERE / "inventory"),
        "-e",
        f"demo_wheelhouse={wheelhouse(proxies.PYTHON)}",
        str(CHECKOUT / "playbooks/site.yml"),
        *options,
    )


def ansible(program: str, *arguments: str) -> str:
    """Run a program of ansible-core, showing what it prints; return that."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    with subprocess.Popen(
        command, env=play_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.strip():
                print("  | " + line, end="", flush=True)
    if process.returncode:
        raise DemoError(f"{program} ended with status {process.returncode}")
    return "".join(lines)


def changed_hosts(output: str) -> list[str]:
    """Return the hosts whose recap does not say changed=0."""
    recap = re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE)
    if not recap:
        raise DemoError("the play printed no recap")
    return [host for host, count in recap if count != "0"]


if __name__ == "__main__":
    sys.exit(main())
