# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout in the layout that Ansible's own tools insist on.

ansible-test refuses a plain clone and a symbolic link; ansible-lint and antsibull resolve our own
names only inside a tree of collections.

As a command: ``copies.py COMMAND [ARGUMENT…]`` runs a command inside a fresh copy.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from places import CHECKOUT, cache, environment


@contextlib.contextmanager
def copied() -> Iterator[Path]:
    """Give a folder ``…/ansible_collections/sluice/edge`` with what Git tracks or would add."""
    with tempfile.TemporaryDirectory(prefix="tree-", dir=cache()) as root:
        target = Path(root, "ansible_collections", "sluice", "edge")
        for name in _files():
            source = CHECKOUT / name
            if source.exists():
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target / name)
        yield target


def collections_root(target: Path) -> Path:
    """Return the folder that holds ``ansible_collections`` for a copy."""
    return target.parents[2]


def _files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return sorted(set(filter(None, listed.stdout.split("\0"))))


def main() -> int:
    """Run the command given in a copy and return its exit code."""
    with copied() as target:
        env = environment(collections_root(target))
        return subprocess.run(sys.argv[1:], cwd=target, env=env, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
