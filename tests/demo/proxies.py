# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proxy before your eyes: client → virtual address → IPVS → proxies → backends, over HTTPS."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from client import CLIENTS, Client, Result
from machine import Machine
from package import archive
from places import CHECKOUT
from telling import DemoError, indent, say

# Certificates are made as the proxy's own tests make them.
sys.path.insert(0, str(CHECKOUT / "tests/proxy"))

from running.certificates import self_signed

HOSTS = ("web1", "web2")
NAME = "www.example.com"
ADDRESS = "192.0.2.104"
URL = f"https://{NAME}/"
REQUESTS = 8
AUTHORITY = "/etc/demo-authority.pem"
CONFIG = "/etc/sluice-proxy/edge.yml"
PACKAGE = "/opt/sluice/proxy"
PIDFILE = "/run/sluice-proxy.pid"
NUMBERS = "http://127.0.0.1:9180/metrics"
_COMMAND = f"""\
#!/bin/sh
PYTHONPATH={PACKAGE} exec python3 -m sluice_proxy "$@"
"""
_START = f"""
setsid sluice-proxy serve --config {CONFIG} </dev/null >/run/sluice-proxy.log 2>&1 &
echo $! >{PIDFILE}
"""
_WAIT = f"""
read -r pid <{PIDFILE}
for attempt in $(seq 600); do
    ! curl -s "$1" | grep -qx "$2" || exit 0
    kill -0 "$pid" || break
    sleep 1
done
cat /run/sluice-proxy.log >&2
exit 1
"""


@dataclass(frozen=True)
class Shown:
    """What the proxies did under load."""

    changed: Result
    killed: Result


def show(machine: Machine) -> Shown:
    """Bring the proxy to two hosts behind a virtual address, and show what it does."""
    say("7. Bring the proxy to web1 and web2, behind the virtual address 192.0.2.104")
    install(machine)
    check_config(machine)
    start(machine)
    client = Client(machine, AUTHORITY)

    say("8. Send requests over HTTPS: virtual address, IPVS, two proxies, two backends")
    balance(client)
    show_log(machine)

    say("9. Change the route by SIGHUP while requests go on: only the backend on web2 is left")
    changed = change_route(machine, client)

    say("10. Kill a worker of the proxy on web1 while requests go on")
    killed = kill_worker(machine, client)
    return Shown(changed, killed)


def install(machine: Machine) -> None:
    """Put the package, a configuration and a certificate made for it on the hosts."""
    version = "import sys; print('%d.%d' % sys.version_info[:2])"
    python = machine.on("vm", "python3", "-c", version).strip()
    unpack = f"rm -rf {PACKAGE} && mkdir {PACKAGE} && tar -xzf - -C {PACKAGE}"
    machine.feed("vm", archive(python).read_bytes(), "sh", "-c", unpack)
    with tempfile.TemporaryDirectory() as folder:
        certificate = self_signed(Path(folder), NAME)
        chain, key = Path(certificate.chain).read_bytes(), Path(certificate.key).read_bytes()
    for host in HOSTS:
        config = configuration(host)
        files = {
            CONFIG: config.encode(),
            "/etc/sluice-proxy/broken.yml": config.replace("hosts:", "hsots:").encode(),
            f"/etc/sluice-proxy/{NAME}.pem": chain,
            f"/etc/sluice-proxy/{NAME}.key": key,
            "/usr/local/bin/sluice-proxy": _COMMAND.encode(),
        }
        machine.feed(host, packed(files), "tar", "-xf", "-", "-C", "/")
    hosts = f"127.0.0.1 localhost\n{ADDRESS} {NAME}\n".encode()
    files = {AUTHORITY: chain, "/etc/hosts": hosts}
    machine.feed("client", packed(files), "tar", "-xf", "-", "-C", "/")


def configuration(host: str) -> str:
    """Return the configuration of the proxy on a host."""
    text = (Path(__file__).parent / "proxy/edge.yml").read_text(encoding="utf-8")
    return text.replace("NAME", host)


def check_config(machine: Machine) -> None:
    """Show what is said of a file with a mistake."""
    command = "sluice-proxy check-config /etc/sluice-proxy/broken.yml"
    said = machine.on("web1", "sh", "-c", f'{command} 2>&1; echo "exit status $?"')
    print(f"  {command}")
    print(indent(said), end="")
    if "did you mean 'hosts'?" not in said or not said.endswith("exit status 1\n"):
        raise DemoError("check-config did not find the mistake")


def start(machine: Machine) -> None:
    """Start both proxies, one after the other: they share one slow processor."""
    for host in HOSTS:
        machine.on(host, "sh", "-c", _START)
        wait(machine, host, "sluice_workers 2")
    print(f"  sluice-proxy serve --config {CONFIG}: two workers serve on each of web1 and web2")


def balance(client: Client) -> None:
    """Show which proxy and which backend answered, and that all of them do."""
    words = client.ask(URL, REQUESTS, "%header{x-proxy}\n")
    pairs = [f"{proxy}>{backend}" for backend, proxy in zip(words[::2], words[1::2], strict=True)]
    print(f"  curl --cacert {AUTHORITY} {URL}")
    print(f"  answered by proxy>backend: {' '.join(pairs)}", flush=True)
    proxies, backends = Counter(words[1::2]), Counter(words[::2])
    if [proxies[host] for host in HOSTS] != [REQUESTS // 2] * 2:
        raise DemoError(f"the proxies did not share the requests equally: {dict(proxies)}")
    if set(backends) != set(HOSTS):
        raise DemoError(f"the proxies did not use both backends: {dict(backends)}")


def show_log(machine: Machine) -> None:
    """Show a line of an access log, and that it names the client and not the director."""
    line = machine.on("web1", "tail", "-n", "1", "/run/sluice-proxy-access.log")
    print("  The last line of the access log on web1:")
    print(indent(line), end="")
    entry = json.loads(line)
    if (entry["client"], entry["status"], entry["route"]) != ("192.0.2.10", 200, "www"):
        raise DemoError("the access log does not say who asked for what")


def change_route(machine: Machine, client: Client) -> Result:
    """Take a backend out of the route under load; return what the client counted."""
    with client.load(URL) as result:
        for host in HOSTS:
            config = configuration(host).replace("      - http://198.51.100.11\n", "")
            machine.feed(host, config.encode(), "sh", "-c", f"cat >{CONFIG}")
            machine.on(host, "sh", "-c", f"kill -HUP $(cat {PIDFILE})")
        for host in HOSTS:
            wait(machine, host, "sluice_snapshot_version 2")
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
    with client.load(URL) as result:
        children = f"cat /proc/$(cat {PIDFILE})/task/*/children"
        machine.on("web1", "sh", "-c", f"set -- $({children}); kill -9 $1")
        wait(machine, "web1", "sluice_worker_deaths_total 1")
        wait(machine, "web1", "sluice_workers 2")
    proxies = Counter(client.ask(URL, REQUESTS, "%header{x-proxy}\n")[1::2])
    print("  the supervisor has replaced it: two workers serve on web1")
    print(f"  while it died: {result}", flush=True)
    if [proxies[host] for host in HOSTS] != [REQUESTS // 2] * 2:
        raise DemoError(f"not all proxies serve after a worker was killed: {dict(proxies)}")
    if len(result.failures) > CLIENTS:
        raise DemoError(f"more failed than a worker can have had: {result.failures}")
    return result


def wait(machine: Machine, host: str, line: str) -> None:
    """Wait until the numbers of the proxy on a host have this line."""
    machine.on(host, "sh", "-c", _WAIT, "sh", NUMBERS, line)


def packed(files: dict[str, bytes]) -> bytes:
    """Return a tar archive of files, to be unpacked at the root; only root may read them."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archived:
        for name, text in files.items():
            entry = tarfile.TarInfo(name.lstrip("/"))
            entry.size, entry.mode = len(text), 0o700 if "/bin/" in name else 0o600
            archived.addfile(entry, io.BytesIO(text))
    return content.getvalue()
