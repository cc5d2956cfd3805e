# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kernel parameters under /proc/sys, of the network namespace the process is in."""

from __future__ import annotations

import os
from typing import Optional

from .._converge.errors import Unavailable


class Sysctls:
    """Reads and writes parameters by their dotted or slashed name."""

    def __init__(self, root: str = "/proc/sys") -> None:
        self._root = root

    def read(self, name: str) -> Optional[str]:
        """Return the value as text, None when this kernel has no such parameter."""
        try:
            with open(self._path(name), encoding="ascii") as source:
                return source.read().strip()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable("cannot read sysctl %s: %s" % (name, error.strerror)) from None

    def write(self, name: str, value: str) -> None:
        """Set the parameter; raises Unavailable when it cannot be set."""
        try:
            with open(self._path(name), "w", encoding="ascii") as target:
                target.write(value + "\n")
        except OSError as error:
            raise Unavailable(
                "cannot set sysctl %s to %s: %s" % (name, value, error.strerror)
            ) from None

    def _path(self, name: str) -> str:
        # An interface name may hold a dot (eth0.100), so a slash anywhere means slashed form.
        return os.path.join(self._root, name if "/" in name else name.replace(".", "/"))
