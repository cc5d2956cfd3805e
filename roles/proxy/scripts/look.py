# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how the host is, and what is missing to what is wanted: ``look.py BASE64``, prints JSON.

All that the role has to know in one go: on a host far away each question costs as much as all.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

PRIVATE = {"secrets": 0o600, "hooks": 0o700}
"""As in stage.py: folders below ``config`` whose files are for the proxy's user alone."""


def main() -> int:
    """Print how the host is, for what is wanted in the first argument."""
    wanted = json.loads(base64.b64decode(sys.argv[1]))
    print(json.dumps(look(wanted)))
    return 0


def look(wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what there is, with the names of the release and the generation that are wanted.

    A release is named by what it is made of and a generation by all that is in it: what is there
    under its name need not be made.
    """
    home, etc = Path(wanted["home"]), Path(wanted["etc"])
    release = named([sys.executable, sys.implementation.cache_tag, wanted["material"]])
    whole = (home / "releases" / release / "complete").exists()
    current, good = led(etc / "current"), led(etc / "good")
    before = led(etc / "generations" / current / "release") if current else ""
    # Without the tag `install`, what is there stays in use until it is.
    used = release if whole or wanted["installs"] else before
    generation = named([used, wanted["contents"]])
    folder = etc / "generations" / generation
    staged = led(folder / "release") == used and held(folder, wanted["user"]) == wanted["contents"]
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        "lacks_packages": lacking(wanted["packages"]),
        "has_user": has_user(wanted["user"]),
        "release": release,
        "whole": whole,
        "used": used,
        "before": before,
        "generation": generation,
        "current": current,
        "staged": staged,
        "in_force": staged
        and current == good == generation
        and serves(etc / "current" / "units", Path(wanted["units"]))
        and led(Path(wanted["command"])) == "sluice-proxy",
    }


def named(parts: list[str]) -> str:
    """Return a name that stands for these parts and no others."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def led(link: Path) -> str:
    """Return the last part of what a link leads to, nothing when there is no link."""
    return os.path.basename(os.readlink(link)) if link.is_symlink() else ""


def held(folder: Path, group: str) -> str:
    """Return the SHA-256 of all files in a generation, by name and SHA-256 of each.

    It is another one when somebody else owns a file or may change or read it.
    """
    lines = []
    for path in folder.rglob("*"):
        if path.is_file():
            about = path.stat()
            _config, *folders = path.relative_to(folder).parts[:-1]
            private = PRIVATE.get(folders[0]) if folders else None
            wanted = (0, group, 0o640) if private is None else (user_id(group), group, private)
            safe = (about.st_uid, path.group(), stat.S_IMODE(about.st_mode)) == wanted
            digest = hashlib.sha256(path.read_bytes()).hexdigest() if safe else "altered"
            lines.append(f"{path.relative_to(folder)} {digest}")
    return hashlib.sha256("|".join(sorted(lines)).encode()).hexdigest()


def user_id(name: str) -> int:
    """Return the number of a user, -1 when there is none."""
    return next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_name == name), -1)


def serves(units: Path, installed: Path) -> bool:
    """Return whether exactly these units are installed, begin at boot and are active."""
    names = sorted(path.name for path in units.iterdir())
    for name in ("sluice-proxy.service", "sluice-proxy.socket"):
        path = installed / name
        if path.exists() != (name in names):
            return False
        if name in names and path.read_bytes() != (units / name).read_bytes():
            return False
    return all(
        subprocess.run(["systemctl", "--quiet", verb, *names], check=False).returncode == 0
        for verb in ("is-enabled", "is-active")
    )


def lacking(packages: list[str]) -> list[str]:
    """Return those of these Debian packages that are not installed."""
    if not packages:
        return []
    said = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${db:Status-Status} ${Package}\\n", *packages],
        check=False,
        capture_output=True,
        text=True,
    ).stdout
    return [each for each in packages if f"installed {each}" not in said.splitlines()]


def has_user(name: str) -> bool:
    """Return whether there is a user of this name."""
    return any(entry.pw_name == name for entry in pwd.getpwall())


if __name__ == "__main__":
    sys.exit(main())
