# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a boot brings back, by sluice-state and by the kernel's own tools; runs inside the VM.

Prints raw seconds as JSON. Each round starts with an empty kernel and measures the collection and
its peers one right after the other, as processes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parents[6]))


from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import converge_services
from ansible_collections.sluice.edge.plugins.module_utils._record.store import Store
from ansible_collections.sluice.edge.plugins.module_utils._state.installation import (
    Place,
    install,
    own_engine,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.tests.bench.ruleset import TABLE, listed
from ansible_collections.sluice.edge.tests.bench.timing import timed

SERVICES, SERVERS = 1000, 10
PROFILES, DESTINATIONS = 1000, 3
ADDRESSES = 500
INTERFACE = "bench0"
ROUNDS = 5

Entries = List[Dict[str, Any]]


def services() -> Entries:
    """Return the services, as ipvs_service takes them."""
    return [
        {
            "address": "10.%d.%d.1" % (number >> 8, number & 255),
            "port": 80,
            "servers": [
                {
                    "address": "10.%d.%d.%d" % (128 + (number >> 8), number & 255, server + 1),
                    "forward_method": "masquerade",
                }
                for server in range(SERVERS)
            ],
        }
        for number in range(SERVICES)
    ]


def profiles() -> Entries:
    """Return the profiles, as dnat_profile takes them."""
    return [
        {
            "name": "profile%d" % number,
            "address": "10.%d.%d.2" % (number >> 8, number & 255),
            "port": 80,
            "side": "proxy",
            "destinations": [
                {"address": "172.%d.%d.%d" % (16 + place, number >> 8, number & 255), "port": 8080}
                for place in range(DESTINATIONS)
            ],
        }
        for number in range(PROFILES)
    ]


def addresses() -> Entries:
    """Return the addresses, as vip takes them; nobody is asked about them and nobody told."""
    return [
        {
            "address": "10.%d.%d.1" % (number >> 8, number & 255),
            "interface": INTERFACE,
            "duplicate_detection": False,
            "announce_count": 0,
        }
        for number in range(ADDRESSES)
    ]


def record(store: Store) -> None:
    """Record everything, as tasks with ``runtime: false`` do."""
    parts = {"persist": True, "runtime": False, "purge": False}
    converge_services(dict(parts, config=services()), False, False, store)
    converge_profiles(dict(parts, config=profiles()), False, False, store)
    converge_addresses(dict(parts, config=addresses()), False, False, store)


def empty() -> None:
    """Leave nothing in the kernel of what the records hold."""
    subprocess.run(["ipvsadm", "-C"], check=True)
    subprocess.run(["nft", "delete", *TABLE], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["ip", "address", "flush", "dev", INTERFACE], check=True)


def saved(folder: Path) -> List[List[str]]:
    """Return the commands that bring back what is in the kernel now, each from a file."""
    save = ["ipvsadm", "--save", "--numeric"]
    (folder / "ipvsadm").write_bytes(
        subprocess.run(save, check=True, stdout=subprocess.PIPE).stdout
    )
    (folder / "nft").write_text(listed())
    lines = ["address add %s/32 dev %s\n" % (entry["address"], INTERFACE) for entry in addresses()]
    (folder / "ip").write_text("".join(lines))
    return [
        ["sh", "-c", "exec ipvsadm --restore <%s" % (folder / "ipvsadm")],
        ["nft", "-f", str(folder / "nft")],
        ["ip", "-batch", str(folder / "ip")],
    ]


def run(command: List[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print the seconds of every round."""
    for module in ("ip_vs", "dummy"):
        run(["modprobe", module])
    run(["ip", "link", "add", INTERFACE, "type", "dummy"])
    run(["ip", "link", "set", INTERFACE, "up"])
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        store = Store(str(folder / "records"))
        record(store)
        place = Place(str(folder / "lib"), str(folder / "sluice-state"))
        install(own_engine(), place, check=False)
        apply = [place.command, "--records", store.directory, "apply"]
        empty()
        run(apply)
        peers = saved(folder)
        own, peer = [], []
        for _round in range(ROUNDS):
            empty()
            peer.append(sum([timed(run, command) for command in peers]))
            empty()
            own.append(timed(run, apply))
        empty()
    run(["ip", "link", "del", INTERFACE])
    print(json.dumps({"own": own, "peer": peer}))


if __name__ == "__main__":
    main()
