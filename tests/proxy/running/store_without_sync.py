# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store on a disk that stops syncing: ``python -m running.store_without_sync PATH``.

Makes some changes, has every sync fail from then on, and is gone in the middle of its work. Says
the revision that was acknowledged, and then why the change after it failed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from pathlib import Path

from sluice_proxy.store.failures import StoreFailed
from sluice_proxy.store.items import Key, Put
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import WHATEVER

SYNCS = {"x86_64": (74, 75), "aarch64": (82, 83)}
"""The numbers of fsync and fdatasync."""
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER = 22, 38, 2
_LOAD_NUMBER, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_FAIL, _ALLOW = 0x00050000 | errno.EIO, 0x7FFF0000


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def let_syncs_fail() -> None:
    """Have the kernel answer each sync of this thread with an error of the disk, for good."""
    first, second = SYNCS[platform.machine()]
    steps = [
        (_LOAD_NUMBER, 0, 0, 0),
        (_IF_EQUAL, 1, 0, first),
        (_IF_EQUAL, 0, 1, second),
        (_RETURN, 0, 0, _FAIL),
        (_RETURN, 0, 0, _ALLOW),
    ]
    program = _Program(len(steps), b"".join(struct.pack("=HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for option in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*option):
            raise OSError(ctypes.get_errno(), "no system call can be made to fail")


def main(path: Path) -> None:
    store = SqliteStore(path)
    for number in range(5):
        store.apply([Put(Key("route", str(number)), b"x" * 9000)], WHATEVER)
    let_syncs_fail()
    try:
        store.apply([Put(Key("route", name), b"new" * 9000) for name in "ab"], WHATEVER)
    except StoreFailed as failure:
        print(store.read(None).revision, failure, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
