# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from harness.initramfs import cpio, load_order

MODULES_DEP = """\
net/virtio.ko: net/virtio_ring.ko
net/virtio_ring.ko:
net/virtio_pci.ko: net/virtio.ko net/virtio_ring.ko
char/virtio-rng.ko: net/virtio.ko net/virtio_ring.ko
"""
MODULES_BUILTIN = "kernel/fs/ext4/ext4.ko\n"


def names(*wanted: str) -> list[str]:
    return [Path(path).stem for path in load_order(wanted, MODULES_DEP, MODULES_BUILTIN)]


def test_dependencies_are_loaded_first_and_once() -> None:
    order = names("virtio_pci", "virtio_rng")
    assert order == ["virtio_ring", "virtio", "virtio_pci", "virtio-rng"]


def test_a_built_in_module_needs_no_file() -> None:
    assert names("ext4") == []


def test_a_module_that_the_kernel_lacks_is_named() -> None:
    with pytest.raises(KeyError, match="ip_vs"):
        names("ip_vs")


def test_the_archive_is_one_that_busybox_unpacks(tmp_path: Path) -> None:
    busybox = shutil.which("busybox")
    assert busybox, "run: sudo apt-get install busybox-static"
    archive = cpio({"bin": (0o040755, b""), "bin/odd": (0o100755, b"12345"), "x": (0o100644, b"")})
    subprocess.run([busybox, "cpio", "-i"], input=archive, cwd=tmp_path, check=True)
    odd = tmp_path / "bin" / "odd"
    assert odd.read_bytes() == b"12345"
    assert odd.stat().st_mode == 0o100755
    assert (tmp_path / "x").read_bytes() == b""
