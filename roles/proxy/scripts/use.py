# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a generation in force, or take it back: ``use.py BASE64``, prints JSON.

It runs on the host as a whole, so that a connection that breaks leaves nothing half done. The link
``current`` leads to the generation that is used, ``good`` to the last one that was proven to serve:
where they differ, a change did not come to its end, and the next one begins there again.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVICE, SOCKET = "sluice-proxy.service", "sluice-proxy.socket"
POLL = 0.2
"""Seconds between two looks at what the proxy tells systemd."""
PROBES, PAUSE = 5, 1.0
"""How often a probe is tried, and seconds in between."""


class Failed(Exception):
    """It is not in force; the text says why."""


@dataclass(frozen=True)
class State:
    """How the service does: as systemd says, and in the words of the proxy."""

    runs: bool
    status: str

    @property
    def version(self) -> str:
        """The number of the snapshot in force, nothing when it does not serve."""
        found = re.match(r"version ([0-9]+)", self.status)
        return found[1] if found else ""

    @property
    def refusal(self) -> str:
        """When and why it refused a change, nothing if it did not refuse the last one."""
        found = re.search(r"was refused.*|the former workers go on.*", self.status)
        return found[0] if found else ""


class Host:
    """The folders, links and units of one host."""

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.etc, self.home = Path(wanted["etc"]), Path(wanted["home"])
        self.units, self.command = Path(wanted["units"]), Path(wanted["command"])
        self.patience = float(wanted["patience"])
        self.probes: list[dict[str, Any]] = wanted["probes"]

    def led(self, link: str) -> str:
        """Return the generation that a link leads to, nothing when there is none."""
        path = self.etc / link
        return os.path.basename(os.readlink(path)) if path.is_symlink() else ""

    def lead(self, link: str, generation: str) -> None:
        """Lead a link elsewhere in one step: who starts meanwhile finds the old or the new."""
        _link(self.etc / link, f"generations/{generation}")

    def folder(self, generation: str) -> Path:
        """Return the folder of a generation."""
        return self.etc / "generations" / generation

    def release(self, generation: str) -> str:
        """Return what release a generation uses, nothing when there is no such generation."""
        link = self.folder(generation) / "release"
        return os.readlink(link) if generation and link.is_symlink() else ""

    def form(self, generation: str) -> str:
        """Return the form of what its release leaves to the next one in an upgrade."""
        said = (_content(Path(self.release(generation)) / "complete") or b"").decode()
        return said.partition("handover ")[2].strip()

    def differing(self, generation: str) -> list[str]:
        """Return the units that are not installed as the generation has them."""
        folder = self.folder(generation) / "units"
        return [
            name
            for name in (SERVICE, SOCKET)
            if _content(folder / name) != _content(self.units / name)
        ]


def main() -> int:
    """Put a generation in force; print what was done, and what went wrong."""
    wanted = json.loads(base64.b64decode(sys.argv[1]))
    host = Host(wanted)
    generation = wanted["generation"] or host.led("current")
    if generation:
        action = act(host, generation, altered=wanted["altered"])
        failed = change(host, generation, action)
    else:
        action, failed = "nothing", "There is no configuration yet: run this with its tag too."
    print(json.dumps({"action": action, "failed": failed}))
    return 0


def act(host: Host, generation: str, *, altered: bool) -> str:
    """Return what it takes to put a generation in force; ``altered`` if its files were."""
    links = {host.led("current"), host.led("good"), generation}
    if not observe().runs:
        return "start"
    if host.differing(generation):
        return "restart"
    if len({host.release(each) for each in links}) > 1:
        # A program takes nothing over from one that leaves something else than it does.
        return "upgrade" if len({host.form(each) for each in links}) == 1 else "restart"
    return "reload" if len(links) > 1 or altered else "nothing"


def change(host: Host, generation: str, action: str) -> str:
    """Put a generation in force, else what was good; return why it had to be that."""
    good = host.led("good")
    try:
        put(host, generation, action)
        for probe in host.probes if action != "nothing" else ():
            ask(probe)
    except (Failed, OSError) as error:
        said = f"The change ({action}) was not served: {error}"
        if not good:
            return f"{said} There was nothing to go back to. {journal()}"
        told = journal()
        return f"{said} {back(host, good, generation, action)} {told}"
    host.lead("good", generation)
    _link(host.command, str(host.etc / "current" / "release" / "bin" / "sluice-proxy"))
    if good != generation:
        prune(host, {generation, good} - {""})
    return ""


def back(host: Host, good: str, refused: str, action: str) -> str:
    """Use what was good, without a gap where that can be; return how that went."""
    gently = action in ("reload", "upgrade") and observe().runs
    try:
        try:
            put(host, good, action if gently else "restart")
        except Failed:
            put(host, good, "restart")
    except (Failed, OSError) as error:
        return f"What was good before does not serve either: {error}"
    # A release that was refused stays: it may be good for another configuration.
    if refused != good:
        shutil.rmtree(host.folder(refused), ignore_errors=True)
    return "What was good before is in force again."


def put(host: Host, generation: str, action: str) -> None:
    """Have a generation used. Raises Failed or OSError."""
    before = observe()
    differing = host.differing(generation)
    if SOCKET in differing and (host.units / SOCKET).exists():
        # systemd opens no sockets for a service that runs, nor closes them under it.
        systemctl("disable", "--now", SOCKET)
        systemctl("stop", SERVICE)
        (host.units / SOCKET).unlink()
    elif SOCKET in differing:
        systemctl("stop", SERVICE, good=(0, 5))
    host.lead("current", generation)
    units = host.folder(generation) / "units"
    names = sorted(path.name for path in units.iterdir())
    for name in names:
        if name in differing:
            shutil.copyfile(units / name, host.units / name)
            (host.units / name).chmod(0o644)
    if differing:
        systemctl("daemon-reload")
    systemctl("enable", "--quiet", *names)
    if SOCKET in names:
        systemctl("start", SOCKET)
    if action in ("start", "restart"):
        # One that systemd tries again and again would go on with the unit that it began with.
        systemctl("restart", SERVICE)
    elif action in ("reload", "upgrade"):
        number = {"reload": "HUP", "upgrade": "USR2"}[action]
        systemctl("kill", "--kill-whom=main", f"--signal={number}", SERVICE)
        wait(host, before)


def wait(host: Host, before: State) -> None:
    """Return when a change that was begun is in force: each that is has a higher number."""
    end = time.monotonic() + host.patience
    while time.monotonic() < end:
        now = observe()
        if not now.runs:
            raise Failed("the service does not run any more.")
        if now.refusal and now.refusal != before.refusal:
            raise Failed(f"the proxy says that it {now.refusal}.")
        if now.version not in ("", before.version) and not now.refusal:
            return
        time.sleep(POLL)
    raise Failed(f"it was not in force after {host.patience:g} s.")


def ask(probe: dict[str, Any]) -> None:
    """Send a request that has to be answered. Raises Failed."""
    context = None if probe.get("validate_certs", True) else ssl._create_unverified_context()
    handlers = [_Staying(), urllib.request.ProxyHandler({})]
    opener = urllib.request.build_opener(*handlers, urllib.request.HTTPSHandler(context=context))
    headers = {"Host": probe["host"]} if probe.get("host") else {}
    request = urllib.request.Request(probe["url"], headers=headers)
    said = ""
    for attempt in range(PROBES):
        if attempt:
            time.sleep(PAUSE)
        try:
            with opener.open(request, timeout=10) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
        except OSError as error:
            said = str(error)
            continue
        if status in (probe.get("status") or [200]):
            return
        said = f"status {status}"
    raise Failed(f"the probe {probe['url']} was answered with {said}.")


class _Staying(urllib.request.HTTPRedirectHandler):
    """Follows no redirects: they are answers."""

    def redirect_request(self, *_given: Any) -> None:
        return None


def observe() -> State:
    """Return how the service does now."""
    said = systemctl("show", "--property=ActiveState,StatusText", SERVICE)
    found = dict(line.partition("=")[::2] for line in said.splitlines())
    runs = found.get("ActiveState") in ("active", "reloading", "refreshing")
    return State(runs, found.get("StatusText", "") if runs else "")


def prune(host: Host, kept: set[str]) -> None:
    """Remove all generations but these, and all releases that they do not use."""
    for folder in (host.etc / "generations").iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder)
    used = {os.path.basename(host.release(each)) for each in kept}
    for folder in (host.home / "releases").iterdir():
        if folder.name not in used:
            shutil.rmtree(folder)


def journal() -> str:
    """Return the last that the proxy said."""
    words = ("journalctl", "--quiet", "--no-pager", "--output=cat", "--lines=15", "--unit", SERVICE)
    said = subprocess.run(words, check=False, capture_output=True, text=True).stdout.strip()
    return f"The last that it said:\n{said}"


def systemctl(*words: str, good: tuple[int, ...] = (0,)) -> str:
    """Return what systemctl says. Raises Failed."""
    done = subprocess.run(["systemctl", *words], check=False, capture_output=True, text=True)
    if done.returncode not in good:
        raise Failed(f"systemctl {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _link(path: Path, target: str) -> None:
    if path.is_symlink() and os.readlink(path) == target:
        return
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(path)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
