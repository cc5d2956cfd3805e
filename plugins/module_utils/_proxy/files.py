# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a certificate's files on the managed host."""

from __future__ import annotations

import os
import stat

MOST_BYTES = 1 << 20


def read_text(path: str) -> str:
    """Return the text of a regular file of at most MOST_BYTES; raises OSError or ValueError."""
    # Without waiting: opening a pipe that nobody writes to would.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as source:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("is no regular file")
        content = source.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError("has more than %d bytes" % MOST_BYTES)
    try:
        return content.decode("ascii")
    except UnicodeDecodeError:
        raise ValueError("is no PEM file") from None
