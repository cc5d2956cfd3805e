# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of the engine in a Python of its own, to be killed or to write beside others."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
PROGRAM = """
import importlib, json, sys
converge = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
for library in sys.argv[3:]:
    importlib.import_module(library)
params = json.load(sys.stdin)
print("ready", flush=True)
converge(params, False, False)
"""


def start(
    converge: Callable[..., object], params: dict[str, Any], *libraries: str
) -> subprocess.Popen[str]:
    """Start a process that converges; return when it is about to.

    ``libraries`` are imported before: those that the entry imports only when it needs them.
    """
    runner = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, converge.__module__, converge.__name__, *libraries],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(COLLECTIONS), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert runner.stdin is not None
    assert runner.stdout is not None
    json.dump(params, runner.stdin)
    runner.stdin.close()
    assert runner.stdout.readline() == "ready\n"
    return runner


def reap(runner: subprocess.Popen[str]) -> str:
    """Wait for its end; return what it complained of."""
    assert runner.stdout is not None
    assert runner.stderr is not None
    runner.wait()
    complaint = runner.stderr.read()
    runner.stdout.close()
    runner.stderr.close()
    return complaint
