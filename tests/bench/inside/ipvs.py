# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks that need IPVS; runs inside the VM, prints raw seconds as JSON.

Each round measures the collection and its peer one right after the other.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List

sys.path.insert(0, str(Path(__file__).resolve().parents[6]))


from ansible_collections.sluice.edge.plugins.module_utils._converge.runner import converge
from ansible_collections.sluice.edge.plugins.module_utils._declare.task import read_items
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.access import open_ipvs
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.declared.service import (
    SERVICE_VOCABULARY,
    read_services,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.interface import InterfaceLookup
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.plan import arrange
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import (
    converge_services,
    desire_services,
)
from ansible_collections.sluice.edge.tests.bench.timing import timed

SERVICES = 100
SERVERS = 100
ROUNDS = 5


def declaration() -> Dict[str, Any]:
    """Return the parameters of one ipvs_service task with 10,000 servers."""
    config = [
        {
            "address": "10.0.0.%d" % (service + 1),
            "port": 80,
            "servers": [
                {
                    "address": "10.%d.%d.%d" % (service + 1, server >> 8, (server & 255) + 1),
                    "forward_method": "masquerade",
                    "weight": 1,
                }
                for server in range(SERVERS)
            ],
        }
        for service in range(SERVICES)
    ]
    return {"config": config, "purge": False}


def restore_script(config: List[Dict[str, Any]]) -> str:
    """Return the same set in the language of ``ipvsadm --restore``."""
    lines = []
    for service in config:
        name = "%s:%d" % (service["address"], service["port"])
        lines.append("-A -t %s -s wlc" % name)
        lines += ["-a -t %s -r %s:80 -m -w 1" % (name, s["address"]) for s in service["servers"]]
    return "\n".join(lines) + "\n"


def clear() -> None:
    subprocess.run(["ipvsadm", "-C"], check=True)


def restore(script: Path) -> None:
    with script.open() as source:
        subprocess.run(["ipvsadm", "--restore"], stdin=source, check=True)


def apply_runs(params: Dict[str, Any], script: Path) -> Dict[str, List[float]]:
    """Measure ``ipvsadm --restore``, the engine on a read declaration, and the whole task.

    The engine reads the kernel, plans, applies, and reads again to verify; the task validates ten
    thousand declarations before that and renders the diff after it.
    """
    restored, engine, task = [], [], []
    declared = read_services(read_items(params, SERVICE_VOCABULARY), InterfaceLookup())
    desire = desire_services(declared, None)
    with open_ipvs(check=False) as transport:
        driver = IpvsDriver(transport)

        def apply() -> None:
            converge(driver, desire, arrange)

        for _round in range(ROUNDS):
            clear()
            restored.append(timed(restore, script))
            clear()
            engine.append(timed(apply))
            clear()
            task.append(timed(lambda: converge_services(params, check=False, with_diff=True)))
    return {"restore": restored, "engine": engine, "task": task}


def noop_runs(params: Dict[str, Any]) -> Dict[str, List[float]]:
    """Measure converging what is there already against only reading it."""
    converge_services(params, check=False, with_diff=False)
    engine, dump = [], []
    declared = read_services(read_items(params, SERVICE_VOCABULARY), InterfaceLookup())
    desire = desire_services(declared, None)
    with open_ipvs(check=False) as transport:
        driver = IpvsDriver(transport)

        def unchanged() -> None:
            outcome = converge(driver, desire, arrange)
            if outcome.changed:
                raise SystemExit("converging what is there already changed something")

        for _round in range(ROUNDS):
            dump.append(timed(driver.read))
            engine.append(timed(unchanged))
    clear()
    return {"engine": engine, "dump": dump}


def main() -> None:
    subprocess.run(["modprobe", "ip_vs"], check=True)
    params = declaration()
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "restore"
        script.write_text(restore_script(params["config"]))
        result = {"apply": apply_runs(params, script), "noop": noop_runs(params)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
