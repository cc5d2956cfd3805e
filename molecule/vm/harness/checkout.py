# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying the checkout into the guest."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .errors import HarnessError
from .state import CHECKOUT, Place
from .topology import MACHINE

# Every host of the topology sees this directory of the guest.
TARGET = "/opt/sluice/ansible_collections/sluice/edge"


def files(paths: Sequence[str] = (), checkout: Path = CHECKOUT) -> list[str]:
    """Return the checkout's files, tracked or new but not ignored, below `paths` if any.

    Raises HarnessError when git cannot list them or `paths` match nothing.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    wanted = [Path(path).resolve() for path in paths]
    for path in wanted:
        if not path.is_relative_to(checkout):
            raise HarnessError(f"{path} is not in the checkout {checkout}")
    try:
        listed = subprocess.run(
            [*command, "--", *map(str, wanted)],
            cwd=checkout,
            capture_output=True,
            text=True,
            check=True,
        )
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise HarnessError(f"git cannot list the files of {checkout}: {error}") from error
    # git lists a tracked file that was deleted, and a file with a merge conflict three times.
    found = [name for name in dict.fromkeys(listed.stdout.split("\0")) if name]
    found = [name for name in found if (checkout / name).is_file()]
    if not found:
        raise HarnessError(f"nothing to push: no file of the checkout is in {' '.join(paths)}")
    return found


def receiver(whole: bool) -> str:
    """Return the shell command that unpacks a tar archive in the guest.

    The whole checkout replaces what was there, in one rename; single paths go over it.
    """
    target, fresh = shlex.quote(TARGET), shlex.quote(f"{TARGET}.new")
    if not whole:
        return f"mkdir -p {target} && tar -xf - -C {target} --no-same-owner"
    return (
        f"rm -rf {fresh} && mkdir -p {fresh} && tar -xf - -C {fresh} --no-same-owner"
        f" && rm -rf {target} && mv {fresh} {target}"
    )


def push(where: Place, paths: Sequence[str] = (), checkout: Path = CHECKOUT) -> int:
    """Copy the checkout, or only `paths` of it, to TARGET in the guest; return how many files."""
    names = files(paths, checkout)
    tar = ["tar", "-cf", "-", "-C", str(checkout), "--null", "--verbatim-files-from", "-T", "-"]
    ssh = ["ssh", "-F", str(where.ssh_config), MACHINE, receiver(whole=not paths)]
    with subprocess.Popen(tar, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as packing:
        assert packing.stdin is not None
        with subprocess.Popen(ssh, stdin=packing.stdout) as unpacking:
            packing.stdin.write("\0".join(names).encode())
            packing.stdin.close()
            status = unpacking.wait()
    if status or packing.returncode:
        raise HarnessError(f"the copy into machine {where.name} failed; see above")
    return len(names)
