# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the proxy off the host: ``remove.py BASE64``, prints as JSON what was there."""

from __future__ import annotations

import base64
import json
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SERVICE, SOCKET = "sluice-proxy.service", "sluice-proxy.socket"


def main() -> int:
    """Remove what is there and print what it was."""
    wanted = json.loads(base64.b64decode(sys.argv[1]))
    found = there(wanted)
    if found and not wanted["check"]:
        remove(wanted)
    print(json.dumps({"removed": found}))
    return 0


def there(wanted: dict[str, Any]) -> list[str]:
    """Return all that would be removed. What others put beside it is not ours."""
    etc, home = Path(wanted["etc"]), Path(wanted["home"])
    paths = [
        *(Path(wanted["units"]) / name for name in (SOCKET, SERVICE)),
        *(etc / name for name in ("current", "good", "generations")),
        home / "releases",
        *map(Path, wanted["data"]),
    ]
    command = Path(wanted["command"])
    if command.is_symlink() and os.readlink(command).startswith(f"{etc}/current/"):
        paths.append(command)
    found = [str(path) for path in paths if path.is_symlink() or path.exists()]
    return found + [f"user {wanted['user']}"] * (not wanted["keeps"] and is_ours(wanted))


def is_ours(wanted: dict[str, Any]) -> bool:
    """Return whether the user is one that the role made."""
    return any(
        entry.pw_name == wanted["user"] and entry.pw_gecos == wanted["account"]
        for entry in pwd.getpwall()
    )


def remove(wanted: dict[str, Any]) -> None:
    """Remove all that is there. Raises OSError or CalledProcessError."""
    found = [Path(name) for name in there(wanted) if name.startswith("/")]
    units = [path.name for path in found if path.name in (SOCKET, SERVICE)]
    # The sockets first, or a client would start the service again.
    for unit in units:
        call("systemctl", "--quiet", "disable", "--now", unit)
    for path in found:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for folder in (wanted["etc"], wanted["home"]):
        if os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)
    if units:
        call("systemctl", "daemon-reload")
        # A unit that failed would be listed without its file.
        subprocess.run(["systemctl", "reset-failed", *units], check=False, capture_output=True)
    if not wanted["keeps"] and is_ours(wanted):
        call("userdel", wanted["user"])


def call(*words: str) -> None:
    """Run a command. Raises CalledProcessError with what it said."""
    subprocess.run(words, check=True)


if __name__ == "__main__":
    sys.exit(main())
