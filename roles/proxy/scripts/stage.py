# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a generation of the configuration and have it checked: ``stage.py FILE``, prints JSON.

What it is made of comes in a file, because it has keys in it; the file is removed. A generation is
a folder with all that the service is made of: ``config``, which only the proxy's user reads,
``units``, and a link to the ``release``.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PRIVATE = {"secrets": 0o600, "hooks": 0o700}
"""Folders below ``config`` whose files are for the proxy's user alone, and their modes."""


def main() -> int:
    """Write and check a generation; print what is wrong with it, and what differs."""
    given = Path(sys.argv[1])
    wanted = json.loads(given.read_text("utf-8"))
    given.unlink()
    os.umask(0o027)
    root = Path(wanted["root"])
    staged = root / "generations" / ".staged"
    try:
        write(wanted, staged)
        refused, differs = refusal(wanted, staged), difference(wanted)
        if wanted["kept"] and not refused:
            keep(staged, staged.with_name(wanted["generation"]))
    finally:
        shutil.rmtree(staged if wanted["kept"] else root, ignore_errors=True)
    print(json.dumps({"refused": refused, "diff": differs}))
    return 0


def keep(staged: Path, folder: Path) -> None:
    """Put what was checked in its place, also where somebody altered what is there."""
    altered = staged.with_name(".altered")
    shutil.rmtree(altered, ignore_errors=True)
    if folder.exists():
        folder.rename(altered)
    staged.rename(folder)
    shutil.rmtree(altered, ignore_errors=True)


def write(wanted: dict[str, Any], folder: Path) -> None:
    """Have the folder hold exactly what is wanted."""
    shutil.rmtree(folder, ignore_errors=True)
    for above in (folder.parent.parent, folder.parent, folder, folder / "units"):
        above.mkdir(exist_ok=True)
        above.chmod(0o755)
    for name, content in wanted["contents"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(0o640)
    for path in (folder / "config", *folder.rglob("*")):
        shutil.chown(path, "root", wanted["user"])
    for name, mode in PRIVATE.items():
        for path in (folder / "config" / name).rglob("*"):
            if path.is_file():
                shutil.chown(path, wanted["user"])
                path.chmod(mode)
    (folder / "release").symlink_to(wanted["release"])


def refusal(wanted: dict[str, Any], folder: Path) -> str:
    """Return all that is wrong with the configuration, as the proxy's user finds it."""
    done = subprocess.run(
        [
            "runuser",
            "-u",
            wanted["user"],
            "--",
            str(folder / "release" / "bin" / "sluice-proxy"),
            "check-config",
            str(folder / "config" / "edge.yml"),
        ],
        check=False,
        cwd="/",
        capture_output=True,
        text=True,
    )
    if not done.returncode:
        return ""
    said = (done.stderr or done.stdout).strip() or f"check-config ended with {done.returncode}"
    return said.replace(f"{folder}/config/", "")


def difference(wanted: dict[str, Any]) -> list[str]:
    """Return what changes, without secrets: the configuration by lines, of other files the names.

    YAML is read with the release's library, because ours may have none.
    """
    before = Path(wanted["before"] or "/nonexistent")
    old = before / "config" / "edge.yml"
    texts = [old.read_text("utf-8") if old.exists() else "", wanted["contents"]["config/edge.yml"]]
    done = subprocess.run(
        [wanted["release"] + "/bin/python3", "-c", _SHOWN],
        check=False,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return ["the configuration cannot be shown"]
    was, becomes = (text.splitlines() for text in json.loads(done.stdout))
    names = {name for name in wanted["contents"] if name != "config/edge.yml"}
    names |= {str(path.relative_to(before)) for path in before.rglob("*") if path.is_file()}
    others = sorted(
        name
        for name in names - {"config/edge.yml"}
        if not _same(before / name, wanted["contents"].get(name))
    )
    return [
        *difflib.unified_diff(was, becomes, "edge.yml in force", "edge.yml wanted", lineterm=""),
        *(f"{name} differs" for name in others),
    ]


def _same(path: Path, content: str | None) -> bool:
    return content is not None and path.is_file() and path.read_bytes() == content.encode()


# Values are shown as they are written, except those under a name that a secret could have. Names in
# PUBLIC are no secret's.
_SHOWN = r"""
import json, re, sys, yaml
SECRET = re.compile(r"pass|secret|token|auth|key|cookie|credential", re.I)
PUBLIC = {"authorities", "key_id", "key_name", "key_type"}
def shown(value, name=""):
    if isinstance(value, dict):
        return {key: shown(each, f"{key}") for key, each in value.items()}
    if isinstance(value, list):
        return [shown(each, name) for each in value]
    if SECRET.search(name) and name not in PUBLIC and not name.endswith("_file"):
        return "(not shown)"
    return re.sub(r"//[^/@\s]*@|-----BEGIN [\s\S]*", "(not shown)", value)
texts = [shown(yaml.load(text, yaml.BaseLoader)) for text in json.load(sys.stdin)]
json.dump([yaml.safe_dump(each, sort_keys=False, width=4096) if each else "" for each in texts],
          sys.stdout)
"""


if __name__ == "__main__":
    sys.exit(main())
