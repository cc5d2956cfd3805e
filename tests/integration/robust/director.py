# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A network namespace with a name, and the modules' entry points in processes of their own.

Needs root, IPVS and iproute2, so it runs in the test machine:
``python3 -m pytest -c /dev/null --import-mode=importlib -p no:cacheprovider tests/integration``.
"""

from __future__ import annotations

import json
import os
import subprocess
import traceback
from typing import Any, Callable, Dict, NamedTuple

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.servers import converge_servers
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import converge_services

Params = Dict[str, Any]


class Ended(NamedTuple):
    """What became of a process: its result, or its error, and the processor time it used."""

    result: Dict[str, Any]
    processor_seconds: float


class Process:
    """A call in a process of its own."""

    def __init__(self, call: Callable[[], Dict[str, Any]]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reading)
            _answer(writing, call)
        os.close(writing)
        self._answer = reading

    def kill(self) -> bool:
        """End it at once; tell whether it was still at work."""
        os.kill(self.pid, 9)
        _pid, status = os.waitpid(self.pid, 0)
        os.close(self._answer)
        return os.WIFSIGNALED(status)

    def wait(self) -> Ended:
        """Wait for its end."""
        with open(self._answer, encoding="utf-8") as answer:
            text = answer.read()
        _pid, _status, usage = os.wait4(self.pid, 0)
        return Ended(json.loads(text), usage.ru_utime + usage.ru_stime)


def _answer(writing: int, call: Callable[[], Dict[str, Any]]) -> None:
    result: Dict[str, Any]
    try:
        result = call()
    except EdgeError as error:
        result = dict(error.as_result(), failed=True)
    except Exception:  # noqa: BLE001 - the parent asserts on what it gets
        result = {"failed": True, "traceback": traceback.format_exc()}
    with open(writing, "w", encoding="utf-8") as answer:
        answer.write(json.dumps(result))
    os._exit(0)


class Director:
    """A network namespace whose IPVS the tests work on."""

    def __init__(self, name: str) -> None:
        self.name = name

    def services(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        return converge_services(dict(params, netns=self.name), check, True)

    def servers(self, check: bool = False, **params: Any) -> Dict[str, Any]:
        return converge_servers(dict(params, netns=self.name), check, True)

    def run(self, *command: str) -> str:
        """Return what a command prints inside."""
        return output("ip", "netns", "exec", self.name, *command)

    def table(self) -> str:
        """Return the services and servers as ipvsadm has them."""
        return self.run("ipvsadm", "-Sn")


def output(*command: str) -> str:
    """Return what a command prints; fail with what it complains of."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, "%s: %s" % (" ".join(command), done.stderr)
    return done.stdout
