# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out what is planned so that the system trusts an authority."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from .trust_plan import OURS, Gather, Remove, RemoveLink, Seen, Step, SystemStore, Write

PATIENCE = 120.0
"""Seconds for the system to make its bundle."""

Run = Callable[[Sequence[str]], None]
"""Runs a command; raises OSError or subprocess.SubprocessError."""


class CannotTrust(RuntimeError):
    """The system's store could not be changed; the text says what is so now."""


def look(store: SystemStore) -> Seen:
    """Return what a store has; raises CannotTrust where the machine has no such store."""
    if not store.added.is_dir():
        raise CannotTrust(
            f"there is no {store.added}: install ca-certificates, or export the CA and have the"
            " clients trust it by hand"
        )
    try:
        files = {path: path.read_bytes() for path in store.added.glob(f"{OURS}*.crt")}
        bundle = store.bundle.read_bytes() if store.bundle.exists() else b""
        return Seen(files, bundle, _links(store.links))
    except OSError as error:
        raise CannotTrust(f"{error.filename} cannot be read: {error.strerror}") from None


def carry_out(plan: Sequence[Step], run: Run | None = None) -> None:
    """Do the steps of a plan; raises CannotTrust when one fails, after the files were put back."""
    running = run or _run
    done: list[Step] = []
    for step in plan:
        done.append(step)
        try:
            _do(step, running)
        except (OSError, subprocess.SubprocessError) as error:
            raise CannotTrust(f"cannot {step}: {_said(error)}: {_undone(done, running)}") from None


def _do(step: Step, run: Run) -> None:
    match step:
        case Write(path, content):
            _write(path, content)
        case Remove(path) | RemoveLink(path):
            path.unlink(missing_ok=True)
        case Gather(command):
            run(command)


def _undone(done: Sequence[Step], run: Run) -> str:
    """Put files back, and have them gathered again; return what is so now."""
    try:
        for step in reversed(done):
            match step:
                case Write(path=path, before=None):
                    path.unlink(missing_ok=True)
                case Write(path=path, before=bytes(before)) | Remove(path, before):
                    _write(path, before)
    except OSError as error:
        return f'to undo "{step}" failed too: {_said(error)}'
    try:
        for step in done:
            if isinstance(step, Gather):
                run(step.command)
    except (OSError, subprocess.SubprocessError):
        return "the files are as they were, but what was gathered from them may not be"
    return "all is as it was"


def _write(path: Path, content: bytes) -> None:
    """Put a file that all may read in place, whole or not at all."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _links(folder: Path) -> dict[Path, str]:
    """Return the links that lead to a file of ours, and those that lead to them."""
    if not folder.is_dir():
        return {}
    links = {Path(one.path): os.readlink(one) for one in os.scandir(folder) if one.is_symlink()}
    return {path: to for path, to in links.items() if Path(to).name.startswith(OURS)}


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)


def _said(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = bytes(error.stderr or b"").decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it took more than {error.timeout:g} s"
    said = getattr(error, "strerror", None) or str(error)
    return f"{said}: do it as root" if isinstance(error, PermissionError) else said
