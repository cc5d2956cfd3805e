# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxies before your eyes: client → virtual address → IPVS → proxies → backends, by HTTPS."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from client import CLIENTS, Client, Result
from machine import Machine
from telling import DemoError, indent, say

PYTHON = "3.11"
"""That of the guest."""
HOSTS = ("proxy1", "proxy2")
BACKENDS = ("web1", "web2")
NAME = "www.demo.test"
ADDRESS = "192.0.2.104"
URL = f"https://{NAME}/"
REQUESTS = 8
AUTHORITIES = "/etc/demo-authorities.pem"
LOG = "/var/log/sluice-proxy/access.log"
ONE_BACKEND = json.dumps({"demo_backends": ["198.51.100.12"]})
_WAIT = """
for attempt in $(seq 600); do
    ! sluice-proxy status --json | python3 -c "$1" || exit 0
    sleep 1
done
exit 1
"""
_TWO_SERVE = """
import json, sys
workers = json.load(sys.stdin)["workers"]
sys.exit([one["state"] for one in workers] != ["serving"] * 2 or any(
    str(one["pid"]) == "{killed}" for one in workers
))
"""

Play = Callable[..., str]
"""Runs playbooks/site.yml with options."""


@dataclass(frozen=True)
class Shown:
    """What the proxies did under load."""

    changed: Result
    killed: Result


def show(machine: Machine, play: Play) -> Shown:
    """Show what the proxies do that the playbook brought to two hosts."""
    say(f"7. The proxies that the playbook installed behind {ADDRESS}")
    print(indent(machine.on("proxy1", "sluice-proxy", "status")))
    trust(machine)
    client = Client(machine, AUTHORITIES)

    say("8. Send requests over HTTPS: virtual address, IPVS, two proxies, two backends")
    balance(client)
    show_log(machine)

    say("9. Change the route while requests go on: only the backend on web2 is left")
    changed = change_route(client, play)

    say("10. Kill a worker of the proxy on proxy1 while requests go on")
    killed = kill_worker(machine, client)
    return Shown(changed, killed)


def trust(machine: Machine) -> None:
    """Have the client trust the development CA of each proxy, and know the name."""
    authorities = "".join(machine.on(host, "sluice-proxy", "ca", "export") for host in HOSTS)
    hosts = f"127.0.0.1 localhost\n{ADDRESS} {NAME}\n"
    for path, text in ((AUTHORITIES, authorities), ("/etc/hosts", hosts)):
        machine.feed("client", text.encode(), "sh", "-c", f"cat >{path}")


def balance(client: Client) -> None:
    """Show which proxy and which backend answered, and that all of them do."""
    words = client.ask(URL, REQUESTS, "%header{x-proxy}\n")
    pairs = [f"{proxy}>{backend}" for backend, proxy in zip(words[::2], words[1::2], strict=True)]
    print(f"  curl --cacert {AUTHORITIES} {URL}")
    print(f"  answered by proxy>backend: {' '.join(pairs)}", flush=True)
    proxies, backends = Counter(words[1::2]), Counter(words[::2])
    if [proxies[host] for host in HOSTS] != [REQUESTS // 2] * 2:
        raise DemoError(f"the proxies did not share the requests equally: {dict(proxies)}")
    if set(backends) != set(BACKENDS):
        raise DemoError(f"the proxies did not use both backends: {dict(backends)}")


def show_log(machine: Machine) -> None:
    """Show a line of an access log, and that it names the client and not the director."""
    line = machine.on("proxy1", "tail", "-n", "1", LOG)
    print("  The last line of the access log on proxy1:")
    print(indent(line), end="")
    entry = json.loads(line)
    if (entry["client"], entry["status"], entry["route"]) != ("192.0.2.10", 200, "www"):
        raise DemoError("the access log does not say who asked for what")


def change_route(client: Client, play: Play) -> Result:
    """Take a backend out of the route under load; return what the client counted."""
    with client.load(URL) as result:
        play("--limit", "proxies", "--tags", "routes", "--diff", "-e", ONE_BACKEND)
        backends = client.ask(URL, REQUESTS)
    print(f"  after the change the backends that answer are: {' '.join(backends)}")
    print(f"  while it was made: {result}", flush=True)
    if set(backends) != {"web2"}:
        raise DemoError(f"the route still leads elsewhere after it was changed: {backends}")
    if result.failures:
        raise DemoError(f"requests failed while a route was changed: {result.failures}")
    return result


def kill_worker(machine: Machine, client: Client) -> Result:
    """Kill a worker under load; return what the client counted."""
    status = json.loads(machine.on("proxy1", "sluice-proxy", "status", "--json"))
    killed = status["workers"][0]["pid"]
    with client.load(URL) as result:
        machine.on("proxy1", "kill", "-9", str(killed))
        machine.on("proxy1", "sh", "-c", _WAIT, "sh", _TWO_SERVE.replace("{killed}", str(killed)))
    proxies = Counter(client.ask(URL, REQUESTS, "%header{x-proxy}\n")[1::2])
    print("  the supervisor has replaced it: two workers serve on proxy1")
    print(f"  while it died: {result}", flush=True)
    if [proxies[host] for host in HOSTS] != [REQUESTS // 2] * 2:
        raise DemoError(f"not all proxies serve after a worker was killed: {dict(proxies)}")
    if len(result.failures) > CLIENTS:
        raise DemoError(f"more failed than a worker can have had: {result.failures}")
    return result
