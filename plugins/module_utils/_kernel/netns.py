# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Working inside a named network namespace, as ``ip netns exec`` does."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator, Optional

from .._converge.errors import InvalidInput, Unavailable

NETNS_DIRECTORY = "/run/netns"
_CLONE_NEWNET = 0x40000000  # linux/sched.h


@contextmanager
def network_namespace(name: Optional[str]) -> Iterator[None]:
    """Run the body inside network namespace ``name``; None stays where the process is.

    Sockets opened and /proc/sys/net read in the body belong to that namespace. Raises
    InvalidInput for a name that no namespace can have and Unavailable when there is none of that
    name or it may not be entered.
    """
    if name is None:
        yield
        return
    if not name or "/" in name or name in (".", ".."):
        raise InvalidInput("netns %r is not the name of a network namespace" % name)
    here = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter_named(name)
        try:
            yield
        finally:
            _setns(here)
    finally:
        os.close(here)


def _enter_named(name: str) -> None:
    try:
        target = os.open(os.path.join(NETNS_DIRECTORY, name), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unavailable(
            "network namespace %r does not exist: make it with 'ip netns add %s'" % (name, name)
        ) from None
    except OSError as error:
        raise Unavailable(
            "network namespace %r cannot be opened: %s" % (name, error.strerror)
        ) from None
    try:
        _setns(target)
    except OSError as error:
        raise Unavailable(
            "network namespace %r cannot be entered: %s; the task needs root (CAP_SYS_ADMIN)"
            % (name, error.strerror)
        ) from None
    finally:
        os.close(target)


def _setns(descriptor: int) -> None:
    # os.setns exists only from Python 3.12 on. Most tasks enter no namespace.
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
