# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module's entry point in a process of its own, to be killed or to write beside others."""

from __future__ import annotations

import json
import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import EdgeError
from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import (
    Operation,
    Refusal,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.driver import DnatDriver
from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import Entry

_WRITES = b"w"


class Process:
    """A call in a process of its own, which says when it begins to write to the kernel."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._telling, telling = os.pipe()
        self._complaint, complaining = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            _run(call, telling, complaining)
        os.close(telling)
        os.close(complaining)

    def wait_until_it_writes(self) -> float:
        """Return when it begins."""
        assert select.select([self._telling], [], [], 60)[0], "it never wrote"
        assert os.read(self._telling, 1) == _WRITES, "it ended before it wrote"
        return time.monotonic()

    def kill(self) -> bool:
        """End it at once; tell whether it was still at work."""
        os.kill(self.pid, signal.SIGKILL)
        return os.WIFSIGNALED(self._reap())

    def wait(self) -> str:
        """Wait for its end; return what it complained of."""
        with open(self._complaint, encoding="utf-8", closefd=False) as complaint:
            text = complaint.read()
        self._reap()
        return text

    def _reap(self) -> int:
        _pid, status = os.waitpid(self.pid, 0)
        os.close(self._telling)
        os.close(self._complaint)
        return status


def _run(call: Callable[[], object], telling: int, complaining: int) -> None:
    apply = DnatDriver.apply

    def telling_apply(
        driver: DnatDriver, operations: Sequence[Operation[Entry]]
    ) -> list[Refusal | None]:
        os.write(telling, _WRITES)
        return apply(driver, operations)

    DnatDriver.apply = telling_apply  # type: ignore[method-assign]
    complaint = ""
    try:
        call()
    except EdgeError as error:
        complaint = json.dumps(_plain(error.as_result()))
    except Exception:  # noqa: BLE001 - the parent asserts on what it gets
        complaint = traceback.format_exc()
    os.write(complaining, complaint.encode())
    os._exit(0)


def _plain(result: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in result.items()}
