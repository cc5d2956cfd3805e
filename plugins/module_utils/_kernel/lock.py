# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One writer of a kind at a time, among our own processes."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import Iterator

from .._converge.errors import Unavailable

LOCK_DIRECTORY = "/run/sluice"
LOCK_TIMEOUT = 120.0
"""Seconds to wait for another writer; more than the largest batch takes."""


@contextmanager
def exclusive(kind: str, directory: str = LOCK_DIRECTORY) -> Iterator[None]:
    """Hold the lock of ``kind`` during the body; the kernel drops it when the process dies.

    Raises Unavailable when the lock cannot be made or another process keeps it too long.
    """
    path = os.path.join(directory, kind + ".lock")
    try:
        os.makedirs(directory, mode=0o755, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Unavailable(
            "cannot make the lock %s: %s; the task needs root (become: true)"
            % (path, error.strerror)
        ) from None
    try:
        _acquire(descriptor, path)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def sole_writer(kind: str, check: bool) -> Iterator[None]:
    """Hold the lock of ``kind`` during the body; check mode, which never writes, needs none."""
    if check:
        yield
    else:
        with exclusive(kind):
            yield


def _acquire(descriptor: int, path: str) -> None:
    deadline = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Unavailable(
                    "another process has held %s for %d s: wait for it or end it"
                    % (path, LOCK_TIMEOUT)
                ) from None
            time.sleep(0.05)
