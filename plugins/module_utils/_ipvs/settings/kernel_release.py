# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which kernel this is, as far as a setting depends on it. Pure but for ``running_kernel``."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_RELEASE = re.compile(r"(\d+)\.(\d+)")


class KernelRelease(NamedTuple):
    """A kernel's version as two numbers, and the release text it was read from.

    A text that is no version has the numbers 0.0.
    """

    major: int
    minor: int
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def delays_reused_ports(self) -> bool:
        """True when conn_reuse_mode 1 may delay a new connection from a reused port by a second.

        So it is from 4.1, where the mode came, to before 5.9, where commit f0a5e4d7a594 let such
        a connection through.
        """
        return (4, 1) <= (self.major, self.minor) < (5, 9)


def parse_release(text: str) -> KernelRelease:
    """Return the kernel that a release text such as ``5.10.0-8-amd64`` or ``6.1-rc3`` names."""
    found = _RELEASE.match(text)
    if found is None:
        return KernelRelease(0, 0, text)
    return KernelRelease(int(found.group(1)), int(found.group(2)), text)


def running_kernel() -> KernelRelease:
    """Return the kernel this process runs on."""
    return parse_release(os.uname().release)
