# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command as a process: what it imports, and how it ends when nobody wants more of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from running.scripted_api import ScriptedApi, Told
from running.service import until
from samples.told_status import FIRST, sample_status

PACKAGE = Path(__file__).resolve().parents[4] / "roles" / "proxy" / "files"
SLOW = {
    "aiohttp", "asyncio", "cryptography", "importlib.metadata", "jinja2", "pydantic", "sqlite3",
    "uvloop", "yaml",
}  # fmt: skip
OURS = {"admin", "issuing", "snapshot", "store", "supervisor", "tls", "worker"}
TELLING = """
import json, sys
from sluice_proxy.cli.command import main
code = main(json.loads(sys.argv[1]))
print(json.dumps(list(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONIOENCODING": "utf-8"}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "sluice_proxy", *words]


@pytest.mark.parametrize(
    ("words", "besides"),
    [
        (["status"], set()),
        (["top", "--once"], set()),
        (["logs", "--file", "/dev/null"], set()),
        (["routes", "list"], set()),
        (["routes", "add", "a", "--target", "unix:/a"], set()),
        (["certs", "list"], set()),
        (["errors", "list", "--json"], set()),
        (["drain", "shop", FIRST], {"snapshot"}),
        (["log-level", "debug"], set()),
        (["token", "me"], {"admin"}),
        (["completion", "bash"], set()),
        (["routes", "show", "a"], {"yaml"}),
        (["version"], {"importlib.metadata"}),
        (["ca", "export"], {"cryptography", "issuing", "snapshot"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_imports_little(words: list[str], besides: set[str], api: ScriptedApi) -> None:
    item = {"id": "a", "kind": "route", "document": {}}
    more = {"items": [item], "operations": [], "level": "debug"}
    api.answering = lambda asked: Told({**sample_status(), **more})

    done = subprocess.run(
        [sys.executable, "-c", TELLING, json.dumps(words)],
        env=environment(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    modules = set(json.loads(done.stderr.splitlines()[-1]))
    assert done.returncode == (1 if words[0] == "ca" else 0), done.stderr
    assert modules & SLOW == besides & SLOW
    rooms = {name.split(".")[1] for name in modules if name.startswith("sluice_proxy.")}
    assert rooms & OURS <= besides


@pytest.mark.parametrize("words", [["top"], ["logs", "--follow"]], ids=" ".join)
def test_ctrl_c_ends_quietly(words: list[str], api: ScriptedApi, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('{"time": "1", "status": 200}\n')
    told = sample_status(access_log=str(log), error_log=None)
    api.answering = lambda asked: Told(told)

    with subprocess.Popen(
        command(*words), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _more, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert [line for line in errors.splitlines() if b"log is off" not in line] == []


@pytest.mark.parametrize(
    "words", [["status"], ["routes", "list", "--json"], ["logs", "-f"]], ids=" ".join
)
def test_a_closed_pipe_ends_it_quietly(words: list[str], api: ScriptedApi, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text('{"time": "1", "status": 200}\n')
    api.answering = lambda asked: Told(sample_status(access_log=str(log), items=[]))
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            command(*words),
            env=environment(), stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    finally:
        os.close(writing)
    assert done.returncode == 141
    assert b"Error" not in done.stderr


@pytest.mark.parametrize(
    ("line", "code"),
    [("status >&-", 0), ("routes set a -f - <&-", 2), ("routes add a 2>&-", 2)],
)
def test_streams_that_are_closed_are_no_matter(line: str, code: int, api: ScriptedApi) -> None:
    words = f"{sys.executable} -m sluice_proxy {line}"
    done = subprocess.run(
        ["bash", "-c", words], env=environment(), capture_output=True, timeout=60, check=False
    )

    assert done.returncode == code
    assert b"Traceback" not in done.stderr


def test_a_full_disk_is_told_in_a_line(api: ScriptedApi) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command("status"),
            env=environment(), stdout=full, stderr=subprocess.PIPE, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == b"sluice-proxy: No space left on device\n"


def test_top_on_a_terminal_is_redrawn_until_ctrl_c(api: ScriptedApi) -> None:
    primary, secondary = os.openpty()
    shown = b""
    with subprocess.Popen(
        command("top", "--interval", "0.1"),
        env=environment(), stdin=secondary, stdout=secondary, stderr=secondary,
    ) as process:  # fmt: skip
        os.close(secondary)

        def drawn_twice() -> bool:
            nonlocal shown
            shown += os.read(primary, 65536)
            return shown.count(b"\x1b[H\x1b[J") >= 2

        until(drawn_twice, "the second screen")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    os.close(primary)
    assert b"shop" in shown
    assert b"Traceback" not in shown
