# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The initial ramdisk: a static busybox, the modules to reach the disk, and a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath


def module_name(path_or_name: str) -> str:
    """Return the kernel's name of a module: `virtio-rng.ko` and `virtio_rng` are the same."""
    return re.sub(r"\.ko$", "", PurePosixPath(path_or_name).name).replace("-", "_")


def load_order(wanted: Iterable[str], modules_dep: str, modules_builtin: str) -> list[str]:
    """Return the module files to load, dependencies first, each once (depmod's modules.dep).

    Paths are relative to the directory of modules.dep. Built-in modules need no file. Raises
    KeyError with the name of a module that the kernel does not have.
    """
    builtin = {module_name(line) for line in modules_builtin.split()}
    lines = (line.partition(":") for line in modules_dep.splitlines())
    files = {module_name(path): (path, needs.split()) for path, _colon, needs in lines}
    order: dict[str, None] = {}
    for name in map(module_name, wanted):
        if name in builtin and name not in files:
            continue
        path, needs = files[name]
        # modules.dep lists the direct dependency first and what that needs after it.
        order.update(dict.fromkeys([*reversed(needs), path]))
    return list(order)


def cpio(files: Mapping[str, tuple[int, bytes]]) -> bytes:
    """Return a cpio archive in the `newc` format (Documentation/driver-api/early-userspace).

    `files` maps a path to its mode, type bits included, and its content.
    """
    archive = bytearray()
    entries = [*files.items(), ("TRAILER!!!", (0, b""))]
    for inode, (path, (mode, content)) in enumerate(entries, start=1):
        name = path.encode() + b"\0"
        numbers = [inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0]
        archive += b"070701" + b"".join(b"%08x" % number for number in numbers) + name
        archive += b"\0" * (-len(archive) % 4) + content
        archive += b"\0" * (-len(archive) % 4)
    return bytes(archive)


def build(
    init: Path,
    busybox: Path,
    wanted: Iterable[str],
    read_module_file: Callable[[str], bytes],
) -> bytes:
    """Return the uncompressed ramdisk; `read_module_file` reads below lib/modules/RELEASE."""
    order = load_order(
        wanted,
        read_module_file("modules.dep").decode(),
        read_module_file("modules.builtin").decode(),
    )
    directory = (0o040755, b"")
    files = dict.fromkeys(("bin", "dev", "modules", "root"), directory)
    files["init"] = (0o100755, init.read_bytes())
    files["bin/busybox"] = (0o100755, busybox.read_bytes())
    files["bin/sh"] = (0o120777, b"busybox")
    for position, path in enumerate(order):
        name = f"modules/{position:02}-{PurePosixPath(path).name}"
        files[name] = (0o100644, read_module_file(path))
    return cpio(files)
