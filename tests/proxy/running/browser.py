# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A browser without a window, which is told what to do through a pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from running.command import command
from running.service import PATIENCE

_SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--remote-debugging-pipe", "--no-proxy-server"),
    # It talks to nobody but the proxy.
    *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-default-apps", "--disable-extensions"),
    "--host-resolver-rules=MAP * 127.0.0.1",
)
# By the names of the Chrome DevTools Protocol.
_WATCHED = ("Page", "Runtime", "Network", "Log")


class Browser:
    """One page of a browser, and what went wrong in it."""

    def __init__(self, commands: BinaryIO, answers: BinaryIO) -> None:
        self._commands = commands
        self._answers = answers
        self._buffer = b""
        self._last = 0
        self._loaded: set[str] = set()
        self.wrong: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str = attached["sessionId"]
        for domain in _WATCHED:
            self._call(f"{domain}.enable", self._session)
        self._call("Page.setLifecycleEventsEnabled", self._session, enabled=True)

    def open(self, url: str) -> None:
        """Go to a page, and wait until it is loaded; what its scripts begin goes on."""
        navigation = self._call("Page.navigate", self._session, url=url)
        # A promise of the page would never come, where its scripts do not run.
        while navigation["loaderId"] not in self._loaded:
            self._watch(self._next())

    def value(self, expression: str) -> Any:
        """Return what an expression is on the page; a promise is waited for."""
        answer = self._call(
            "Runtime.evaluate",
            self._session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def run_scripts(self, allowed: bool) -> None:
        """Let pages that are opened from now on run scripts, or not; ``value`` works all the
        same."""
        disabled = not allowed
        self._call("Emulation.setScriptExecutionDisabled", self._session, value=disabled)

    def prefer(self, scheme: str) -> None:
        """Have the user prefer the colours ``light`` or ``dark``."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._call("Emulation.setEmulatedMedia", self._session, features=features)

    def resize(self, width: int, height: int) -> None:
        """Give the page a window of so many pixels."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            self._session,
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return b64decode(self._call("Page.captureScreenshot", self._session)["data"])

    def close(self) -> None:
        """Have the browser end."""
        self._call("Browser.close")

    def _call(self, method: str, session: str | None = None, /, **parameters: Any) -> Any:
        self._last += 1
        message: dict[str, Any] = {"id": self._last, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._last:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._watch(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._answers.fileno(), 65536)
            assert data, "the browser ended"
            self._buffer += data
        message, _mark, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found

    def _watch(self, event: dict[str, Any]) -> None:
        name, what = event.get("method"), event.get("params", {})
        if name == "Page.lifecycleEvent" and what["name"] == "load":
            self._loaded.add(what["loaderId"])
        if (
            name == "Runtime.exceptionThrown"
            or (name == "Network.loadingFailed" and not what.get("canceled"))
            or name == "Network.webSocketFrameError"
            or (name == "Log.entryAdded" and what["entry"]["level"] == "error")
        ):
            self.wrong.append(f"{name}: {what}")


@contextmanager
def browser(folder: Path, trusts: bytes | None = None) -> Iterator[Browser]:
    """Run Chromium; every host is this machine.

    Every certificate is good, or with ``trusts`` those of that authority (PEM) alone.
    """
    environment = {**os.environ, "HOME": str(folder)}
    if trusts is None:
        checks: tuple[str, ...] = ("--ignore-certificate-errors",)
    else:
        checks = ()
        _trust(folder, trusts)
    commands_read, commands_write = os.pipe()
    answers_read, answers_write = os.pipe()
    arguments = [command("chromium"), *_SWITCHES, *checks, f"--user-data-dir={folder}/browser"]
    with (folder / "browser.output").open("wb") as output:
        process = subprocess.Popen(
            # It reads descriptor 3 and writes to 4.
            ["bash", "-c", f'exec "$@" 3<&{commands_read} 4>&{answers_write}', "bash", *arguments],
            pass_fds=(commands_read, answers_write),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    os.close(commands_read)
    os.close(answers_write)
    with os.fdopen(commands_write, "wb") as commands, os.fdopen(answers_read, "rb") as answers:
        try:
            one = Browser(commands, answers)
            yield one
            one.close()
            process.wait(PATIENCE)
        finally:
            # It is a family of processes.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _trust(home: Path, authority: bytes) -> None:
    """Make the store of a browser that has ``home``: the system's is not its own."""
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    file = home / "trusted.pem"
    file.write_bytes(authority)
    certutil = command("certutil")
    for words in (["-N", "--empty-password"], ["-A", "-t", "C,,", "-n", "ours", "-i", str(file)]):
        subprocess.run([certutil, "-d", f"sql:{store}", *words], check=True, capture_output=True)
